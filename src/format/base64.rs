//! Base64 (RFC 4648 section 4), as manifests and PEM files hold it.
//!
//! Must not: guess an alphabet; line breaks and blanks are skipped, everything else outside it is an error.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What is no digit.
const NONE: u8 = 0x80;
/// The value of every byte.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut value = 0_u8;
    while (value as usize) < ALPHABET.len() {
        values[ALPHABET[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Encodes with padding, on one line.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = [0, 1, 2].map(|at| chunk.get(at).copied().unwrap_or(0));
        let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        for digit in 0..4 {
            let used = digit <= chunk.len();
            let index = (bits >> (18 - 6 * digit) & 0x3f) as usize;
            out.push(if used { ALPHABET.get(index).map_or('=', |&letter| char::from(letter)) } else { '=' });
        }
    }
    out
}

/// Decodes; padding may be missing. `None` when a byte is outside the alphabet or the length is impossible.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut digits, mut ended) = (0u32, 0u32, false);
    let mut rest = text;
    loop {
        // Groups with nothing between them, as nearly all are.
        while digits == 0
            && !ended
            && let Some((group, behind)) = rest.split_first_chunk::<4>()
            && let [first, second, third, fourth] = group.map(|byte| VALUES[usize::from(byte)])
            && first | second | third | fourth < NONE
        {
            let bits = [first, second, third, fourth].into_iter().fold(0, |bits, value| bits << 6 | u32::from(value));
            out.extend_from_slice(bits.to_be_bytes().get(1..)?);
            rest = behind;
        }
        let Some((&byte, behind)) = rest.split_first() else { break };
        rest = behind;
        let value = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'=' => {
                ended = true;
                continue;
            }
            _ if ended => return None,
            _ => match VALUES[usize::from(byte)] {
                NONE => return None,
                value => value,
            },
        };
        bits = bits << 6 | u32::from(value);
        digits += 1;
        if digits == 4 {
            out.extend_from_slice(bits.to_be_bytes().get(1..)?);
            (bits, digits) = (0, 0);
        }
    }
    match digits {
        0 => {}
        2 => out.push((bits >> 4).to_be_bytes()[3]),
        3 => out.extend_from_slice((bits >> 2).to_be_bytes().get(2..)?),
        _ => return None,
    }
    Some(out)
}
