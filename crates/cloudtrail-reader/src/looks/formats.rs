//! Formats that are recognized by their first bytes and are not read.

use super::kind::Kind;

const fn archive(name: &'static str) -> Kind {
    Kind::new(name, "unpack it, and read the files in it")
}

const fn packed(name: &'static str) -> Kind {
    Kind::new(name, "unpack it, or pack it as gzip or zstd")
}

const fn encrypted(name: &'static str) -> Kind {
    Kind::new(name, "decrypt it first")
}

const fn table(name: &'static str) -> Kind {
    Kind::new(name, "read the trail's own log files instead")
}

const fn base64(name: &'static str) -> Kind {
    Kind::of_log(name, "decode it first: base64 -d")
}

const fn other(name: &'static str) -> Kind {
    Kind::new(name, "")
}

pub(super) const TAR: Kind = archive("a tar archive, which is not read");

/// The first bytes of each format.
const FORMATS: &[(&[u8], Kind)] = &[
    (b"PK\x03\x04", archive("a zip archive, which is not read")),
    (b"PK\x05\x06", archive("an empty zip archive, which is not read")),
    (b"PK\x07\x08", archive("a part of a zip archive, which is not read")),
    (b"7z\xBC\xAF\x27\x1C", archive("a 7z archive, which is not read")),
    (b"Rar!\x1A\x07", archive("a RAR archive, which is not read")),
    (b"BZh", packed("bzip2, which is not read")),
    (b"\xFD7zXZ\0", packed("xz, which is not read")),
    (b"\x5D\0\0", packed("lzma, which is not read")),
    (b"LZIP", packed("lzip, which is not read")),
    (b"\x04\x22\x4D\x18", packed("lz4, which is not read")),
    (b"\xFF\x06\0\0sNaPpY", packed("snappy, which is not read")),
    (b"\x82SNAPPY\0", packed("snappy, which is not read")),
    (b"\x1F\x9D", packed("compress (.Z), which is not read")),
    (b"H4sI", base64("gzip written as base64 text, which is not read")),
    // `{"Records":[` and `{"eventVersion"`.
    (b"eyJSZWNvcmRzIjpb", base64("records written as base64 text, which are not read")),
    (b"eyJldmVudFZlcnNpb24i", base64("records written as base64 text, which are not read")),
    (b"PAR1", table("Parquet, which is not read")),
    (b"PARE", table("encrypted Parquet, which is not read")),
    (b"Obj\x01", table("Avro, which is not read")),
    (b"ORC", table("ORC, which is not read")),
    (b"ARROW1", table("Arrow, which is not read")),
    (b"SQLite format 3\0", other("a SQLite database, which is not read")),
    // AWS Encryption SDK, "message format": version, type, algorithm; its versions 1 and 2.
    (b"\x01\x80\x00", encrypted("a message of the AWS Encryption SDK, which is not read")),
    (b"\x01\x80\x01", encrypted("a message of the AWS Encryption SDK, which is not read")),
    (b"\x01\x80\x02", encrypted("a message of the AWS Encryption SDK, which is not read")),
    (b"\x01\x80\x03", encrypted("a message of the AWS Encryption SDK, which is not read")),
    (b"\x02\x04\x78", encrypted("a message of the AWS Encryption SDK, which is not read")),
    (b"\x02\x05\x78", encrypted("a message of the AWS Encryption SDK, which is not read")),
    // The ciphertext of kms:Encrypt, as bytes and as base64.
    (b"\x01\x02\x02\x00", encrypted("a ciphertext of KMS, which is not read")),
    (b"\x01\x02\x03\x00", encrypted("a ciphertext of KMS, which is not read")),
    (b"AQICA", encrypted("a ciphertext of KMS, which is not read")),
    (b"-----BEGIN PGP MESSAGE", encrypted("a PGP message, which is not read")),
    (b"-----BEGIN AGE", encrypted("a file of age, which is not read")),
    (b"age-encryption.org/", encrypted("a file of age, which is not read")),
    (b"Salted__", encrypted("a file encrypted by OpenSSL, which is not read")),
    (b"%PDF-", other("a PDF document, which is not read")),
    (b"\x89PNG\r\n", other("a PNG image, which is not read")),
    (b"\xFF\xD8\xFF", other("a JPEG image, which is not read")),
    (b"GIF8", other("a GIF image, which is not read")),
    (b"\x7FELF", other("a program, which is not read")),
    (b"MZ", other("a program for Windows, which is not read")),
    (b"bplist00", other("a property list of macOS, which is not read")),
    (b"\0\x05\x16\x07", other("an AppleDouble file of macOS, which is not read")),
    (b"\0\x05\x16\0", other("an AppleSingle file of macOS, which is not read")),
    (b"\0\0\0\x01Bud1", other("a .DS_Store file of macOS, which is not read")),
    (b"ElfFile\0", other("an event log of Windows, which is not read")),
    (b"\xD4\xC3\xB2\xA1", other("a packet capture, which is not read")),
    (b"\x0A\x0D\x0D\x0A", other("a packet capture, which is not read")),
];

/// The offset of a tar archive's mark, and the mark (POSIX ustar; GNU's begins with the same bytes).
const TAR_MARK: (usize, &[u8]) = (257, b"ustar");

/// Returns the format of a file that begins with `head`.
pub(super) fn kind(head: &[u8]) -> Option<Kind> {
    FORMATS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, kind)| *kind)
}

pub(super) fn is_tar(head: &[u8]) -> bool {
    let (at, mark) = TAR_MARK;
    head.get(at..).is_some_and(|rest| rest.starts_with(mark))
}
