//! Opening: what is found is read, what is torn is cut off.
//!
//! A crash leaves octets at the end that are no whole frame, of records that were not committed: too few, zeros, or whatever
//! stood there before. They are cut off. Where a file was damaged otherwise, it is refused and left as it is, since records
//! would be lost that others have relied on. It was damaged otherwise
//!
//! - where a whole frame stands behind those octets,
//! - where they begin with what is a whole frame but for one bit: of what a crash leaves, one in some hundred million is so,
//! - where they are more than anybody leaves in doubt.
//!
//! What remains in doubt is a last frame of which more than a bit was changed after it was committed: nothing tells it from
//! one that was not. A record that ends the file and cannot be trusted is therefore handed over [besides the
//! others](super::Recovery::in_doubt), so that whoever knows what records mean can be on the safe side.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use super::checksum;
use super::error::JournalError;
use super::frame::{self, FRAME_HEAD, HEADER, Head, Header, Kind};
use super::layout::{self, Layout, Segment};
use super::state::Active;
use super::{Options, Recovery};

pub(super) struct Opened {
    pub(super) active: Active,
    pub(super) segments: Vec<Segment>,
    pub(super) salt: u32,
    pub(super) end: u64,
    pub(super) lock: Option<File>,
    pub(super) found: Recovery,
}

pub(super) fn open(
    layout: &Layout,
    options: &Options,
    replay: impl FnMut(u64, &[u8]),
) -> Result<Opened, JournalError> {
    match layout {
        Layout::File(path) => {
            let file = open_private(path)?;
            lock(&file, path)?;
            let held = file.try_clone().map_err(JournalError::io("open", path))?;
            let segments = vec![Segment { base: 0, path: path.clone() }];
            let mut opened = open_segments(segments, Some(file), options, replay)?;
            opened.lock = Some(held);
            Ok(opened)
        }
        Layout::Folder(folder) => {
            create_folder(folder)?;
            let path = layout::lock_path(folder);
            let held = open_private(&path)?;
            lock(&held, &path)?;
            let segments = layout::segments(folder).map_err(JournalError::io("read", folder))?;
            let segments = if segments.is_empty() {
                vec![Segment { base: 0, path: layout::segment_path(folder, 0) }]
            } else {
                segments
            };
            let mut opened = open_segments(segments, None, options, replay)?;
            opened.lock = Some(held);
            Ok(opened)
        }
    }
}

/// Reads a file as it is.
pub(super) fn read(
    path: &Path,
    kind: Kind,
    mut replay: impl FnMut(u64, &[u8]),
) -> Result<Recovery, JournalError> {
    let failed = JournalError::io("open", path);
    // Before it is opened, since opening a pipe waits for somebody who writes into it.
    if !fs::metadata(path).map_err(&failed)?.is_file() {
        return Err(JournalError::NotAJournal(path.to_owned()));
    }
    let file = File::open(path).map_err(failed)?;
    let Some(header) = read_header(&file, path, kind)? else { return Ok(Recovery::default()) };
    let scan = scan(&file, path, &header, &mut replay)?;
    if scan.torn > 0 {
        check_tail(&file, path, &header, &scan)?;
    }
    Ok(Recovery { records: scan.records, torn: scan.torn, in_doubt: scan.in_doubt })
}

/// Reads one record.
pub(super) fn read_record(
    file: &File,
    segment: &Segment,
    salt: u32,
    address: u64,
) -> Result<Vec<u8>, JournalError> {
    let offset = HEADER as u64 + (address - segment.base);
    let mut file = file;
    let mut read = || -> io::Result<_> {
        file.seek(SeekFrom::Start(offset))?;
        let mut head = [0; FRAME_HEAD];
        file.read_exact(&mut head)?;
        let Some((length, checksum)) = frame::read_head(head) else { return Ok(None) };
        let mut record = vec![0; length];
        file.read_exact(&mut record)?;
        Ok(frame::is_whole(&record, checksum, salt, address).then_some(record))
    };
    match read() {
        Ok(record) => record.ok_or(JournalError::NoRecord),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(JournalError::NoRecord),
        Err(error) => Err(JournalError::io("read", &segment.path)(error)),
    }
}

/// Creates a segment, with its header and its entry in the folder on disk.
pub(super) fn create(segment: &Segment, salt: u32, options: &Options) -> Result<Active, JournalError> {
    let file = open_private(&segment.path)?;
    begin(file, segment, salt, options, &[])
}

fn open_segments(
    mut segments: Vec<Segment>,
    mut last_file: Option<File>,
    options: &Options,
    mut replay: impl FnMut(u64, &[u8]),
) -> Result<Opened, JournalError> {
    let is_one_file = last_file.is_some();
    let mut found = Recovery::default();
    let mut salt = None;
    let mut end = segments.first().map_or(0, |segment| segment.base);
    let mut position = 0;
    while position < segments.len() {
        let segment = segments[position].clone();
        let is_last = position + 1 == segments.len();
        let file = match last_file.take() {
            Some(file) => file,
            None => open_private(&segment.path)?,
        };
        let header = read_header(&file, &segment.path, options.kind)?;
        let damaged = |offset| JournalError::Damaged(segment.path.clone(), offset);
        // The header of one file is on disk before there is a record, and a disk that is full leaves none.
        if is_one_file && header.is_none() {
            let length = file.metadata().map_err(JournalError::io("read", &segment.path))?.len();
            if length > 0 {
                return Err(damaged(0));
            }
        }
        make_private(&file, &segment.path)?;
        let Some(header) = header else {
            // The machine stopped while the file was created. The one before is whole, as it was synced before that.
            if !is_last {
                return Err(damaged(0));
            }
            let new = Segment { base: end, path: segment.path.clone() };
            let salt = salt.unwrap_or_else(|| fastrand::u32(..));
            let first = if is_one_file { &options.first[..] } else { &[] };
            let active = begin(file, &new, salt, options, first)?;
            segments[position] = new;
            if !first.is_empty() {
                replay(end, first);
                found.records += 1;
                end += (FRAME_HEAD + first.len()) as u64;
            }
            return Ok(Opened { active, segments, salt, end, lock: None, found });
        };
        if header.base != segment.base || segment.base != end || salt.is_some_and(|salt| salt != header.salt)
        {
            return Err(damaged(0));
        }
        salt = Some(header.salt);
        let scan = scan(&file, &segment.path, &header, &mut replay)?;
        end = scan.end;
        found.records += scan.records;
        found.torn += scan.torn;
        found.in_doubt.clone_from(&scan.in_doubt);
        let length = HEADER as u64 + (scan.end - segment.base);
        if !is_last {
            if scan.torn > 0 {
                return Err(damaged(length));
            }
            position += 1;
            continue;
        }
        if scan.torn > 0 {
            // A file that lost its first record is not to be taken for a new one.
            if is_one_file && scan.records == 0 {
                return Err(damaged(length));
            }
            check_tail(&file, &segment.path, &header, &scan)?;
        }
        let medium = options.disk.medium(file, &segment.path);
        let failed = |what| JournalError::io(what, &segment.path);
        medium.truncate(length).map_err(failed("truncate"))?;
        // What was written and not synced counts from now on, and so it has to be on disk.
        medium.sync().map_err(failed("sync"))?;
        let active = Active { base: segment.base, path: segment.path, medium };
        return Ok(Opened { active, segments, salt: header.salt, end, lock: None, found });
    }
    Err(JournalError::NoRecord)
}

fn begin(
    file: File,
    segment: &Segment,
    salt: u32,
    options: &Options,
    first: &[u8],
) -> Result<Active, JournalError> {
    let failed = |what| JournalError::io(what, &segment.path);
    let medium = options.disk.medium(file, &segment.path);
    medium.truncate(0).map_err(failed("truncate"))?;
    let header = Header { kind: options.kind, salt, base: segment.base };
    let mut octets = header.write().to_vec();
    if !first.is_empty() {
        frame::write(&mut octets, first, checksum::update(0, first), salt, segment.base);
    }
    if let Err(error) = medium.append(&octets) {
        // Part of a header would be taken for damage.
        let _ = medium.truncate(0);
        return Err(failed("write")(error));
    }
    medium.sync().map_err(failed("sync"))?;
    let folder = segment.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    options.disk.sync_folder(folder.unwrap_or(Path::new("."))).map_err(failed("sync the folder of"))?;
    Ok(Active { base: segment.base, path: segment.path.clone(), medium })
}

/// The header; none if the file has none yet.
fn read_header(file: &File, path: &Path, kind: Kind) -> Result<Option<Header>, JournalError> {
    let mut octets = Vec::with_capacity(HEADER);
    let mut reader = file;
    reader.seek(SeekFrom::Start(0)).map_err(JournalError::io("read", path))?;
    reader.take(HEADER as u64).read_to_end(&mut octets).map_err(JournalError::io("read", path))?;
    let length = file.metadata().map_err(JournalError::io("read", path))?.len();
    match Header::read(&octets, length, kind) {
        Head::Complete(header) => Ok(Some(header)),
        Head::Unfinished => Ok(None),
        Head::Newer => Err(JournalError::NewerVersion(path.to_owned())),
        Head::Other => Err(JournalError::NotAJournal(path.to_owned())),
    }
}

struct Scan {
    end: u64,
    records: u64,
    torn: u64,
    in_doubt: Vec<u8>,
}

/// What stands where a frame is to begin.
enum Frame {
    Whole,
    /// One that is as long as it says, with another checksum.
    InDoubt,
    None,
}

/// Reads frames until there is none, or one that is not whole.
fn scan(
    file: &File,
    path: &Path,
    header: &Header,
    replay: &mut impl FnMut(u64, &[u8]),
) -> Result<Scan, JournalError> {
    let failed = JournalError::io("read", path);
    let length = file.metadata().map_err(&failed)?.len().saturating_sub(HEADER as u64);
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut scan = Scan { end: header.base, records: 0, torn: 0, in_doubt: Vec::new() };
    let mut record = Vec::new();
    loop {
        let left = length - (scan.end - header.base);
        let octets = |record: &[u8]| (FRAME_HEAD + record.len()) as u64;
        match read_frame(&mut reader, header.salt, scan.end, left, &mut record).map_err(&failed)? {
            Frame::Whole => {
                replay(scan.end, &record);
                scan.records += 1;
                scan.end += octets(&record);
            }
            frame => {
                scan.torn = left;
                if matches!(frame, Frame::InDoubt) && octets(&record) == left {
                    scan.in_doubt = record;
                }
                return Ok(scan);
            }
        }
    }
}

/// Refuses octets behind the last frame that no crash leaves.
fn check_tail(file: &File, path: &Path, header: &Header, scan: &Scan) -> Result<(), JournalError> {
    let failed = JournalError::io("read", path);
    let begin = HEADER as u64 + (scan.end - header.base);
    let damaged = || JournalError::Damaged(path.to_owned(), begin);
    // Nobody leaves so much in doubt.
    if scan.torn > MOST_TORN {
        return Err(damaged());
    }
    let mut tail = Vec::new();
    let mut reader = file;
    reader.seek(SeekFrom::Start(begin)).map_err(&failed)?;
    reader.take(scan.torn).read_to_end(&mut tail).map_err(failed)?;
    if frame::is_whole_but_for_a_bit(&tail, header.salt, scan.end) {
        return Err(damaged());
    }
    let mut work = 0;
    let mut address = scan.end;
    let mut rest = &tail[..];
    while let Some((head, records)) = rest.split_first_chunk::<FRAME_HEAD>() {
        if let Some((length, checksum)) = frame::read_head(*head)
            && let Some(record) = records.get(..length)
        {
            work += length as u64;
            // Octets that look like so many frames may hide one.
            if work > MOST_CHECKED || frame::is_whole(record, checksum, header.salt, address) {
                return Err(damaged());
            }
        }
        rest = &rest[1..];
        address += 1;
    }
    Ok(())
}

/// More octets behind the last frame than these are damage, whatever they are: a crash leaves what was not synced.
const MOST_TORN: u64 = 64 << 20;
/// So many octets are summed in search of a whole frame.
const MOST_CHECKED: u64 = 4 << 30;

/// Reads a frame into `record`. `left` is what the file still has.
fn read_frame(
    reader: &mut impl Read,
    salt: u32,
    address: u64,
    left: u64,
    record: &mut Vec<u8>,
) -> io::Result<Frame> {
    if left < FRAME_HEAD as u64 {
        return Ok(Frame::None);
    }
    let mut head = [0; FRAME_HEAD];
    let mut read = || -> io::Result<_> {
        reader.read_exact(&mut head)?;
        match frame::read_head(head) {
            // A length that the file does not have is not worth a buffer.
            Some((length, checksum)) if (FRAME_HEAD + length) as u64 <= left => {
                record.resize(length, 0);
                reader.read_exact(record)?;
                let is_whole = frame::is_whole(record, checksum, salt, address);
                Ok(if is_whole { Frame::Whole } else { Frame::InDoubt })
            }
            _ => Ok(Frame::None),
        }
    };
    match read() {
        // The file may have become shorter, if it is another process's.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Frame::None),
        read => read,
    }
}

fn lock(file: &File, path: &Path) -> Result<(), JournalError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => JournalError::Locked(path.to_owned()),
        TryLockError::Error(error) => JournalError::io("lock", path)(error),
    })
}

/// Opens a file that its owner alone can read, and creates it if need be.
fn open_private(path: &Path) -> Result<File, JournalError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let failed = JournalError::io("open", path);
    let is_another_thing = |metadata: fs::Metadata| !metadata.is_file();
    // Before it is opened too, since opening a pipe can wait for somebody.
    if fs::metadata(path).is_ok_and(is_another_thing) {
        return Err(JournalError::NotAJournal(path.to_owned()));
    }
    let file = options.open(path).map_err(&failed)?;
    if is_another_thing(file.metadata().map_err(failed)?) {
        return Err(JournalError::NotAJournal(path.to_owned()));
    }
    Ok(file)
}

/// Keeps others from reading a file that is a journal, whoever created it.
fn make_private(file: &File, path: &Path) -> Result<(), JournalError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let failed = JournalError::io("keep others from reading", path);
        if file.metadata().map_err(&failed)?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(failed)?;
        }
    }
    #[cfg(not(unix))]
    let _ = (file, path);
    Ok(())
}

fn create_folder(path: &Path) -> Result<(), JournalError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(JournalError::io("create", path))
}
