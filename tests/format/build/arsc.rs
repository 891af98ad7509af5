//! Small resource tables.

/// A pool as aapt2 writes it, or with the quirks asked for.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    pub strings: Vec<String>,
    /// Styles of the first strings: span name, first and last character.
    pub styles: Vec<Vec<(u32, u32, u32)>>,
    pub utf16: bool,
    pub sorted: bool,
    /// Zero bytes before each string.
    pub gap: usize,
}

pub fn pool(strings: &[&str]) -> Pool {
    Pool { strings: strings.iter().map(|text| (*text).to_owned()).collect(), ..Pool::default() }
}

impl Pool {
    pub fn build(&self) -> Vec<u8> {
        let (mut data, mut offsets) = (Vec::new(), Vec::new());
        for text in &self.strings {
            data.resize(data.len() + self.gap, 0);
            offsets.push(data.len() as u32);
            let units: Vec<u16> = text.encode_utf16().collect();
            if self.utf16 {
                if units.len() >= 0x8000 {
                    data.extend((0x8000 | (units.len() >> 16) as u16).to_le_bytes());
                }
                data.extend((units.len() as u16).to_le_bytes());
                data.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
                data.extend([0, 0]);
            } else {
                let body = inject::format::mutf8::encode(text).into_owned();
                for length in [units.len(), body.len()] {
                    if length >= 0x80 {
                        data.push(0x80 | (length >> 8) as u8);
                    }
                    data.push(length as u8);
                }
                data.extend(&body);
                data.push(0);
            }
        }
        while data.len() % 4 != 0 {
            data.push(0);
        }
        let (mut styles, mut style_offsets) = (Vec::new(), Vec::new());
        for spans in &self.styles {
            style_offsets.push(styles.len() as u32);
            for (name, first, last) in spans {
                styles.extend([*name, *first, *last].iter().flat_map(|word| word.to_le_bytes()));
            }
            styles.extend([0xff; 4]);
        }
        if !styles.is_empty() {
            styles.extend([0xff; 8]);
        }
        let start = 28 + 4 * (offsets.len() + style_offsets.len());
        let styles_start = if styles.is_empty() { 0 } else { start + data.len() };
        let flags = u32::from(self.sorted) | if self.utf16 { 0 } else { 0x100 };
        let size = start + data.len() + styles.len();
        let mut out = header(1, 28, size);
        let counts = [offsets.len() as u32, style_offsets.len() as u32, flags, start as u32, styles_start as u32];
        words(&mut out, &counts);
        words(&mut out, &offsets);
        words(&mut out, &style_offsets);
        out.extend(data);
        out.extend(styles);
        out
    }
}

pub fn header(kind: u16, header: u16, size: usize) -> Vec<u8> {
    let mut out = kind.to_le_bytes().to_vec();
    out.extend(header.to_le_bytes());
    out.extend((size as u32).to_le_bytes());
    out
}

pub fn words(out: &mut Vec<u8>, words: &[u32]) {
    out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    Dense,
    Offset16,
    Sparse,
}

#[derive(Clone, Debug)]
pub enum Body {
    String(u32),
    Value(u8, u32),
    Compact(u32),
    Bag(Vec<(u8, u32)>),
}

/// One type in one configuration; entries by index.
#[derive(Clone)]
pub struct Type {
    pub id: u8,
    pub layout: Layout,
    /// Bytes of `ResTable_config` behind its size word.
    pub config: Vec<u8>,
    pub entries: Vec<Option<(u32, Body)>>,
    /// Within a `ResTable_flagged` whose flag has this name.
    pub flagged: Option<u32>,
}

pub fn strings(layout: Layout, locale: &str, entries: &[Option<(u32, Body)>]) -> Type {
    let mut config = vec![0; 60];
    config[4..4 + locale.len()].copy_from_slice(locale.as_bytes());
    Type { id: 1, layout, config, entries: entries.to_vec(), flagged: None }
}

impl Type {
    fn build(&self) -> Vec<u8> {
        let (mut data, mut offsets): (Vec<u8>, Vec<Option<u32>>) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            let Some((key, body)) = entry else {
                offsets.push(None);
                continue;
            };
            offsets.push(Some(data.len() as u32));
            let full = |data: &mut Vec<u8>, size: u16, flags: u16| {
                data.extend(size.to_le_bytes());
                data.extend(flags.to_le_bytes());
                words(data, &[*key]);
            };
            let value = |data: &mut Vec<u8>, kind: u8, word: u32| {
                data.extend([8, 0, 0, kind]);
                words(data, &[word]);
            };
            match body {
                Body::String(index) => {
                    full(&mut data, 8, 0);
                    value(&mut data, 3, *index);
                }
                Body::Value(kind, word) => {
                    full(&mut data, 8, 0);
                    value(&mut data, *kind, *word);
                }
                Body::Compact(index) => {
                    data.extend((*key as u16).to_le_bytes());
                    data.extend((0x0308_u16).to_le_bytes());
                    words(&mut data, &[*index]);
                }
                Body::Bag(maps) => {
                    full(&mut data, 16, 1);
                    words(&mut data, &[0, maps.len() as u32]);
                    for (kind, word) in maps {
                        words(&mut data, &[0x0200_0000]);
                        value(&mut data, *kind, *word);
                    }
                }
            }
        }
        let mut array = Vec::new();
        for (index, offset) in offsets.iter().enumerate() {
            match (self.layout, offset) {
                (Layout::Dense, _) => words(&mut array, &[offset.unwrap_or(u32::MAX)]),
                (Layout::Offset16, Some(offset)) => array.extend(((offset / 4) as u16).to_le_bytes()),
                (Layout::Offset16, None) => array.extend([0xff; 2]),
                (Layout::Sparse, Some(offset)) => {
                    array.extend((index as u16).to_le_bytes());
                    array.extend(((offset / 4) as u16).to_le_bytes());
                }
                (Layout::Sparse, None) => {}
            }
        }
        let count = match self.layout {
            Layout::Sparse => offsets.iter().flatten().count(),
            _ => offsets.len(),
        };
        while array.len() % 4 != 0 {
            array.push(0);
        }
        let head = 20 + 4 + self.config.len();
        let start = head + array.len();
        let mut out = header(0x201, head as u16, start + data.len());
        let flags = match self.layout {
            Layout::Dense => 0,
            Layout::Sparse => 1,
            Layout::Offset16 => 2,
        };
        out.extend([self.id, flags, 0, 0]);
        words(&mut out, &[count as u32, start as u32, self.config.len() as u32 + 4]);
        out.extend(&self.config);
        out.extend(array);
        out.extend(data);
        if let Some(name) = self.flagged {
            let mut outer = header(0x207, 16, 16 + out.len());
            words(&mut outer, &[name, 0]);
            outer.extend(out);
            return outer;
        }
        out
    }
}

#[derive(Clone)]
pub struct Package {
    pub id: u32,
    pub header: u16,
    pub type_id_offset: u32,
    /// The key pool stands before the type pool.
    pub keys_first: bool,
    pub types: Pool,
    pub keys: Pool,
    pub chunks: Vec<Type>,
    /// Whole chunks of kinds nobody needs to know, before and behind the types.
    pub noise: Vec<u8>,
}

pub fn package(types: &[&str], keys: &[&str], chunks: Vec<Type>) -> Package {
    Package {
        id: 0x7f,
        header: 288,
        type_id_offset: 0,
        keys_first: false,
        types: pool(types),
        keys: pool(keys),
        chunks,
        noise: Vec::new(),
    }
}

impl Package {
    fn build(&self) -> Vec<u8> {
        let (types, keys) = (self.types.build(), self.keys.build());
        let mut body = Vec::new();
        let (first, second) = if self.keys_first { (&keys, &types) } else { (&types, &keys) };
        body.extend(first);
        body.extend(second);
        body.extend(&self.noise);
        let mut ids: Vec<u8> = self.chunks.iter().map(|chunk| chunk.id).collect();
        ids.dedup();
        for id in ids {
            let of_id = || self.chunks.iter().filter(|chunk| chunk.id == id);
            let count = of_id().map(|chunk| chunk.entries.len()).max().unwrap_or(0);
            let mut spec = header(0x202, 16, 16 + 4 * count);
            spec.extend([id, 0, 0, 0]);
            words(&mut spec, &[count as u32]);
            spec.resize(16 + 4 * count, 0);
            body.extend(spec);
            of_id().for_each(|chunk| body.extend(chunk.build()));
        }
        body.extend(&self.noise);
        let head = usize::from(self.header);
        let mut out = header(0x200, self.header, head + body.len());
        words(&mut out, &[self.id]);
        let mut name: Vec<u8> = "com.example".encode_utf16().flat_map(u16::to_le_bytes).collect();
        name.resize(256, 0);
        out.extend(name);
        let (types_at, keys_at) = if self.keys_first { (head + keys.len(), head) } else { (head, head + types.len()) };
        words(&mut out, &[types_at as u32, 0, keys_at as u32, 0]);
        if self.header >= 288 {
            words(&mut out, &[self.type_id_offset]);
        }
        out.extend(body);
        out
    }
}

pub fn table(values: &Pool, packages: &[Package]) -> Vec<u8> {
    let mut body = values.build();
    for package in packages {
        body.extend(package.build());
    }
    let mut out = header(2, 12, 12 + body.len());
    words(&mut out, &[packages.len() as u32]);
    out.extend(body);
    out
}
