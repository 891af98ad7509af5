//! Archives, byte by byte.

use inject::format::zip::METHOD_DEFLATED;

#[derive(Clone, Debug)]
pub struct Item {
    pub name: Vec<u8>,
    pub method: u16,
    pub content: Vec<u8>,
    pub local_extra: Vec<u8>,
    pub central_extra: Vec<u8>,
    /// Bit 3: sizes in a descriptor of 12 or 16 bytes behind the data, or of 20 or 24 where they have 64 bits.
    pub descriptor: Option<usize>,
    /// Sizes of 64 bits in the local header.
    pub wide_local: bool,
    /// Which numbers of the record have 64 bits: content, data, offset.
    pub wide_record: [bool; 3],
    pub central_flags: u16,
    /// Bytes before the local header that no record lists.
    pub gap: Vec<u8>,
    /// What the local header says instead of the truth.
    pub local_method: Option<u16>,
}

impl Item {
    pub fn new(name: &str, method: u16, content: &[u8]) -> Self {
        Self {
            name: name.into(),
            method,
            content: content.into(),
            local_extra: Vec::new(),
            central_extra: Vec::new(),
            descriptor: None,
            wide_local: false,
            wide_record: [false; 3],
            central_flags: 0,
            gap: Vec::new(),
            local_method: None,
        }
    }

    fn data(&self) -> Vec<u8> {
        if self.method == METHOD_DEFLATED { inject::format::zip::deflate(&self.content) } else { self.content.clone() }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Zip {
    pub items: Vec<Item>,
    /// Directory order; file order where empty.
    pub order: Vec<usize>,
    /// Bytes between the last entry and the directory.
    pub tail: Vec<u8>,
    pub comment: Vec<u8>,
    /// A record and a locator of zip64; with placeholders in the end record or without.
    pub wide: Option<bool>,
    /// Bytes behind the archive.
    pub behind: Vec<u8>,
}

impl Zip {
    pub fn of(items: impl IntoIterator<Item = Item>) -> Self {
        Self { items: items.into_iter().collect(), ..Self::default() }
    }

    pub fn build(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut records = Vec::new();
        for item in &self.items {
            out.extend(&item.gap);
            let offset = u32::try_from(out.len()).unwrap();
            let data = item.data();
            let crc = crc32fast::hash(&item.content);
            let (len, size) = (u32::try_from(data.len()).unwrap(), u32::try_from(item.content.len()).unwrap());
            let flags: u16 = if item.descriptor.is_some() { 8 } else { 0 };
            out.extend(b"PK\x03\x04\x14\0");
            out.extend(flags.to_le_bytes());
            out.extend(item.local_method.unwrap_or(item.method).to_le_bytes());
            out.extend([0x21, 0x08, 0x21, 0x02]);
            let mut known = if item.descriptor.is_some() { [0; 3] } else { [crc, len, size] };
            let mut local_extra = Vec::new();
            if item.wide_local {
                local_extra = field(&[u64::from(known[2]), u64::from(known[1])]);
                known = [known[0], u32::MAX, u32::MAX];
            }
            local_extra.extend(&item.local_extra);
            out.extend(known.into_iter().flat_map(u32::to_le_bytes));
            out.extend(u16::try_from(item.name.len()).unwrap().to_le_bytes());
            out.extend(u16::try_from(local_extra.len()).unwrap().to_le_bytes());
            out.extend(&item.name);
            out.extend(&local_extra);
            out.extend(&data);
            if let Some(descriptor) = item.descriptor {
                if [16, 24].contains(&descriptor) {
                    out.extend(b"PK\x07\x08");
                }
                out.extend(crc.to_le_bytes());
                for number in [len, size] {
                    out.extend(number.to_le_bytes());
                    out.extend(vec![0; if descriptor >= 20 { 4 } else { 0 }]);
                }
            }
            let mut record = b"PK\x01\x02\x14\0\x14\0".to_vec();
            record.extend((flags | item.central_flags).to_le_bytes());
            record.extend(item.method.to_le_bytes());
            record.extend([0x21, 0x08, 0x21, 0x02]);
            let mut wide = Vec::new();
            let mut narrow = |number: u32, is_wide: bool| {
                wide.extend(is_wide.then_some(u64::from(number)));
                if is_wide { u32::MAX } else { number }
            };
            let [wide_size, wide_len, wide_offset] = item.wide_record;
            let size = narrow(size, wide_size);
            let len = narrow(len, wide_len);
            let offset = narrow(offset, wide_offset);
            let central_extra = [field(&wide), item.central_extra.clone()].concat();
            record.extend([crc, len, size].into_iter().flat_map(u32::to_le_bytes));
            record.extend(u16::try_from(item.name.len()).unwrap().to_le_bytes());
            record.extend(u16::try_from(central_extra.len()).unwrap().to_le_bytes());
            record.extend([0; 10]);
            record.extend(offset.to_le_bytes());
            record.extend(&item.name);
            record.extend(&central_extra);
            records.push(record);
        }
        out.extend(&self.tail);
        let start = out.len();
        let order = if self.order.is_empty() { (0..records.len()).collect() } else { self.order.clone() };
        for index in order.iter().copied() {
            out.extend(&records[index]);
        }
        let size = out.len() - start;
        if self.wide.is_some() {
            let record = out.len() as u64;
            out.extend(b"PK\x06\x06");
            out.extend(44_u64.to_le_bytes());
            out.extend([45, 0, 45, 0].into_iter().chain([0; 8]));
            for number in [order.len(), order.len(), size, start] {
                out.extend((number as u64).to_le_bytes());
            }
            out.extend(b"PK\x06\x07\0\0\0\0");
            out.extend(record.to_le_bytes());
            out.extend(1_u32.to_le_bytes());
        }
        let hides = self.wide == Some(true);
        let count = if hides { u16::MAX } else { u16::try_from(order.len()).unwrap() };
        let number = |number: usize| if hides { u32::MAX } else { u32::try_from(number).unwrap() };
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend(count.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(number(size).to_le_bytes());
        out.extend(number(start).to_le_bytes());
        out.extend(u16::try_from(self.comment.len()).unwrap().to_le_bytes());
        out.extend(&self.comment);
        out.extend(&self.behind);
        out
    }
}

/// The extra field of zip64 with these numbers; nothing for none.
fn field(numbers: &[u64]) -> Vec<u8> {
    if numbers.is_empty() {
        return Vec::new();
    }
    let len = u16::try_from(8 * numbers.len()).unwrap();
    let header = [1, 0].into_iter().chain(len.to_le_bytes());
    header.chain(numbers.iter().flat_map(|number| number.to_le_bytes())).collect()
}

/// A nameless local header, as zipflinger fills space with.
pub fn virtual_entry(extra: usize) -> Vec<u8> {
    let mut out = b"PK\x03\x04".to_vec();
    out.extend([0; 24]);
    out.extend(u16::try_from(extra).unwrap().to_le_bytes());
    out.resize(30 + extra, 0);
    out
}

/// The bytes of a layout.
pub fn assemble(original: &[u8], layout: &inject::format::zip::Layout) -> Vec<u8> {
    use inject::format::zip::Segment;
    let mut out = Vec::new();
    for segment in &layout.segments {
        match segment {
            Segment::Original(range) => {
                out.extend(&original[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()]);
            }
            Segment::Spooled(_) => unreachable!("nothing was spooled"),
            Segment::Bytes(bytes) => out.extend(bytes),
        }
    }
    assert_eq!(out.len() as u64, layout.payload_len);
    out.extend(&layout.directory);
    let eocd = layout.eocd(layout.payload_len).unwrap();
    out.extend(eocd);
    out
}
