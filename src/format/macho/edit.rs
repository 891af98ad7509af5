//! Room for a signature: the one edit of a Mach-O file that code signing needs.
//!
//! Must not: fill the room.

use super::parse::LC_CODE_SIGNATURE;
use super::{Container, MachO, MachOError, Slice};

/// Signatures begin at a multiple of this, as codesign lays them out.
const SIGNATURE_ALIGN: u64 = 16;
/// Bytes of `LC_CODE_SIGNATURE`.
const COMMAND_LEN: usize = 16;

/// An image with room for a signature, as far as it differs from what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its new beginning: header and load commands.
    pub head: Vec<u8>,
    /// Up to where it stays as it was behind that.
    pub until: u64,
    /// Where the signature begins; zeros fill what is between.
    pub start: u64,
}

impl Slice {
    /// Bytes of an image's beginning that change where room is made.
    pub fn head_len(&self) -> usize {
        (self.commands.end + COMMAND_LEN).min(self.range.len())
    }

    /// The image up to its signature, load commands changed for a signature of `size` bytes behind it: what is hashed.
    pub fn with_room(&self, file: &[u8], size: u32) -> Result<Vec<u8>, MachOError> {
        let image = self.bytes(file);
        let room = self.room(image.get(..self.head_len()).unwrap_or(image), size)?;
        let [until, start] = [room.until, room.start].map(|at| usize::try_from(at).unwrap_or(image.len()));
        let mut new = room.head;
        new.extend_from_slice(image.get(new.len()..until.min(image.len())).unwrap_or_default());
        new.resize(start, 0);
        Ok(new)
    }

    /// Room for a signature of `size` bytes behind the image, which begins with `head`. An image without a signature gets
    /// the load command.
    pub fn room(&self, head: &[u8], size: u32) -> Result<Room, MachOError> {
        let wrong = |problem: String| MachOError::Malformed { offset: self.range.start as u64, problem };
        let Some(linkedit) = self.segment("__LINKEDIT") else {
            return Err(wrong("no segment __LINKEDIT, expected one to hold the signature".to_owned()));
        };
        let end = match self.signature {
            Some(command) => u64::from(command.offset),
            None => linkedit.file_offset + linkedit.file_size,
        };
        self.check_last(linkedit.file_offset, linkedit.vm_address, end)?;
        let start = end.next_multiple_of(SIGNATURE_ALIGN);
        let Ok(offset) = u32::try_from(start) else {
            return Err(wrong(format!("a signature at {start:#x}, expected below 4 GiB")));
        };
        // A signature right behind the load commands is no part of them.
        let mut new = head.get(..usize::try_from(end).unwrap_or(usize::MAX)).unwrap_or(head).to_vec();
        let command = match self.signature {
            Some(command) => command.command,
            None => self.add_command(&mut new)?,
        };
        put(&mut new, command, &LC_CODE_SIGNATURE.to_le_bytes());
        put(&mut new, command + 4, &16_u32.to_le_bytes());
        put(&mut new, command + 8, &offset.to_le_bytes());
        put(&mut new, command + 12, &size.to_le_bytes());
        let file_size = (start + u64::from(size)).checked_sub(linkedit.file_offset);
        let file_size = file_size.ok_or_else(|| wrong("__LINKEDIT begins behind the signature".to_owned()))?;
        let vm_size = linkedit.vm_size.max(file_size.next_multiple_of(self.page_size()));
        let (at, wide) = (linkedit.command, self.is_64);
        put_word(&mut new, at + if wide { 32 } else { 28 }, vm_size, wide);
        put_word(&mut new, at + if wide { 48 } else { 36 }, file_size, wide);
        Ok(Room { head: new, until: end, start })
    }

    /// Nothing may lie behind the segment that grows, in the file or in memory.
    fn check_last(&self, file_offset: u64, vm_address: u64, end: u64) -> Result<(), MachOError> {
        for other in self.segments.iter().filter(|other| other.name != "__LINKEDIT") {
            let behind = other.file_size > 0 && other.file_offset >= file_offset || other.vm_address > vm_address;
            if behind {
                return Err(MachOError::LinkeditNotLast { what: format!("segment {:?}", other.name), end });
            }
        }
        // Data behind an unsigned image would be overwritten, and so would what of the segment is behind the old signature.
        let used = match self.signature {
            Some(command) => u64::from(command.offset) + u64::from(command.size),
            None => end,
        };
        let rest = (self.range.len() as u64).saturating_sub(used + self.behind_signature());
        if rest >= SIGNATURE_ALIGN {
            return Err(MachOError::LinkeditNotLast { what: format!("data of {rest} bytes"), end: used });
        }
        Ok(())
    }

    /// Adds a load command of zeros behind the others.
    fn add_command(&self, image: &mut [u8]) -> Result<usize, MachOError> {
        let at = self.commands.end;
        let first = self.first_section.unwrap_or(self.range.len() as u64);
        let free = image.get(at..at + COMMAND_LEN).is_some_and(|bytes| bytes.iter().all(|&byte| byte == 0));
        if (at + COMMAND_LEN) as u64 > first || !free {
            return Err(MachOError::NoHeaderRoom { end: at as u64, first });
        }
        let size = u32::try_from(self.commands.len() + COMMAND_LEN).unwrap_or(u32::MAX);
        put(image, 16, &self.command_count.saturating_add(1).to_le_bytes());
        put(image, 20, &size.to_le_bytes());
        Ok(at)
    }
}

impl MachO {
    /// The file with other images in place of its slices, in their order. A thin file is its one image; in a universal file
    /// slices move to their alignment and the table follows.
    pub fn with_images(&self, file: &[u8], images: &[Vec<u8>]) -> Result<Vec<u8>, MachOError> {
        if self.container == Container::Thin {
            return Ok(images.first().cloned().unwrap_or_default());
        }
        let first = self.slices.iter().map(|slice| slice.range.start).min().unwrap_or_default();
        let mut new = file.get(..first).unwrap_or_default().to_vec();
        let mut order: Vec<usize> = (0..self.slices.len()).collect();
        order.sort_by_key(|&index| self.slices.get(index).map(|slice| slice.range.start));
        for index in order {
            let (Some(slice), Some(image)) = (self.slices.get(index), images.get(index)) else { continue };
            new.resize(new.len().next_multiple_of(1 << slice.align), 0);
            let (offset, size) = (new.len() as u64, image.len() as u64);
            new.extend_from_slice(image);
            if self.container == Container::Fat64 {
                put(&mut new, 8 + index * 32 + 8, &offset.to_be_bytes());
                put(&mut new, 8 + index * 32 + 16, &size.to_be_bytes());
                continue;
            }
            let (Ok(offset), Ok(size)) = (u32::try_from(offset), u32::try_from(size)) else {
                let problem = "the file grows beyond 4 GiB, which its table cannot say".to_owned();
                return Err(MachOError::Malformed { offset, problem });
            };
            put(&mut new, 8 + index * 20 + 8, &offset.to_be_bytes());
            put(&mut new, 8 + index * 20 + 12, &size.to_be_bytes());
        }
        Ok(new)
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

fn put_word(bytes: &mut [u8], at: usize, value: u64, wide: bool) {
    if wide {
        put(bytes, at, &value.to_le_bytes());
    } else {
        put(bytes, at, &u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes());
    }
}
