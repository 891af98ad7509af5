//! Mach-O images of any size: what the linker's fixtures are too small for.

/// Bytes that compress as code does.
pub fn code(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut out = Vec::with_capacity(len + 8);
    while out.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        match state >> 62 {
            0 => out.extend_from_slice(&state.to_le_bytes()),
            1 => out.extend_from_slice(&[0x1f, 0x20, 0x03, 0xd5]),
            _ => out.extend_from_slice(&[(state >> 40) as u8, 0, 0, 0x94]),
        }
    }
    out.truncate(len);
    out
}

/// An executable for arm64 iOS of about `len` bytes, with `__TEXT` and an empty `__LINKEDIT`.
pub fn executable(seed: u64, len: usize) -> Vec<u8> {
    let segment = |name: &str, address: u64, memory: u64, offset: u64, size: u64| {
        let mut command = [0x19_u32, 72].map(u32::to_le_bytes).concat();
        command.extend_from_slice(&[name.as_bytes(), &[0; 16][name.len()..]].concat());
        command.extend([address, memory, offset, size].map(u64::to_le_bytes).concat());
        command.extend([5_u32, 5, 0, 0].map(u32::to_le_bytes).concat());
        command
    };
    let end = (len as u64).next_multiple_of(0x4000);
    let commands = [
        segment("__TEXT", 0x1_0000_0000, end, 0, end),
        segment("__LINKEDIT", 0x1_0000_0000 + end, 0x4000, end, 0x4000),
        [0x32_u32, 24, 2, 15 << 16, 17 << 16, 0].map(u32::to_le_bytes).concat(),
    ];
    let size = commands.iter().map(Vec::len).sum::<usize>() as u32;
    let header = [0xfeed_facf_u32, 0x0100_000c, 0, 2, 3, size, 0x85, 0];
    let mut image = [header.map(u32::to_le_bytes).concat(), commands.concat()].concat();
    image.resize(0x1000, 0);
    image.extend(code(seed, end as usize + 0x4000 - 0x1000));
    image
}

/// A universal file of these images: CPU type, subtype, bytes.
pub fn universal(images: &[(u32, u32, &[u8])]) -> Vec<u8> {
    let mut file = [0xcafe_babe_u32, images.len() as u32].map(u32::to_be_bytes).concat();
    let mut at = 0x4000;
    for (cpu, subtype, image) in images {
        file.extend([*cpu, *subtype, at, image.len() as u32, 14].map(u32::to_be_bytes).concat());
        at = (at + image.len() as u32).next_multiple_of(0x4000);
    }
    for (_, _, image) in images {
        file.resize(file.len().next_multiple_of(0x4000), 0);
        file.extend_from_slice(image);
    }
    file
}

/// The same with a table of 64-bit offsets.
pub fn universal64(images: &[(u32, u32, &[u8])]) -> Vec<u8> {
    let mut file = [0xcafe_babf_u32, images.len() as u32].map(u32::to_be_bytes).concat();
    let mut at = 0x4000;
    for (cpu, subtype, image) in images {
        file.extend([*cpu, *subtype].map(u32::to_be_bytes).concat());
        file.extend([at, image.len() as u64].map(u64::to_be_bytes).concat());
        file.extend([14_u32, 0].map(u32::to_be_bytes).concat());
        at = (at + image.len() as u64).next_multiple_of(0x4000);
    }
    for (_, _, image) in images {
        file.resize(file.len().next_multiple_of(0x4000), 0);
        file.extend_from_slice(image);
    }
    file
}
