//! Archives, byte by byte.

use inject::format::zip::METHOD_DEFLATED;

#[derive(Clone, Debug)]
pub struct Item {
    pub name: Vec<u8>,
    pub method: u16,
    pub content: Vec<u8>,
    pub local_extra: Vec<u8>,
    pub central_extra: Vec<u8>,
    /// Bit 3: sizes in a descriptor of 12 or 16 bytes behind the data.
    pub descriptor: Option<usize>,
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
            let known = if item.descriptor.is_some() { [0; 3] } else { [crc, len, size] };
            out.extend(known.into_iter().flat_map(u32::to_le_bytes));
            out.extend(u16::try_from(item.name.len()).unwrap().to_le_bytes());
            out.extend(u16::try_from(item.local_extra.len()).unwrap().to_le_bytes());
            out.extend(&item.name);
            out.extend(&item.local_extra);
            out.extend(&data);
            if let Some(descriptor) = item.descriptor {
                if descriptor == 16 {
                    out.extend(b"PK\x07\x08");
                }
                out.extend([crc, len, size].into_iter().flat_map(u32::to_le_bytes));
            }
            let mut record = b"PK\x01\x02\x14\0\x14\0".to_vec();
            record.extend((flags | item.central_flags).to_le_bytes());
            record.extend(item.method.to_le_bytes());
            record.extend([0x21, 0x08, 0x21, 0x02]);
            record.extend([crc, len, size].into_iter().flat_map(u32::to_le_bytes));
            record.extend(u16::try_from(item.name.len()).unwrap().to_le_bytes());
            record.extend(u16::try_from(item.central_extra.len()).unwrap().to_le_bytes());
            record.extend([0; 10]);
            record.extend(offset.to_le_bytes());
            record.extend(&item.name);
            record.extend(&item.central_extra);
            records.push(record);
        }
        out.extend(&self.tail);
        let start = out.len();
        let order = if self.order.is_empty() { (0..records.len()).collect() } else { self.order.clone() };
        for index in order.iter().copied() {
            out.extend(&records[index]);
        }
        let size = out.len() - start;
        let count = u16::try_from(order.len()).unwrap();
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend(count.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(u32::try_from(size).unwrap().to_le_bytes());
        out.extend(u32::try_from(start).unwrap().to_le_bytes());
        out.extend(u16::try_from(self.comment.len()).unwrap().to_le_bytes());
        out.extend(&self.comment);
        out
    }
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
