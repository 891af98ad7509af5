//! Every limit against hostile input, each with its reason. A codec that needs a bound takes it from here.
//!
//! Must not: hold anything but limits.

/// Entries one archive may list. The end-of-central-directory count is 16 bit (APPNOTE 4.4.22), so no archive without
/// zip64 can list more.
pub const ZIP_ENTRIES: usize = 65_535;

/// Entries a zip64 archive may list. The largest apps have some 100,000 files; of each entry some hundred bytes are held in memory.
pub const ZIP64_ENTRIES: u64 = 1_000_000;

/// Bytes one entry that must be opened may inflate to. The largest resource tables known are 32 MiB (framework-res);
/// a place is never in anything bigger than this.
pub const ENTRY_BYTES: u64 = 512 * 1024 * 1024;

/// Characters of a Client Secret, and of an old value that is searched for beside places: GAM's column holds 120, signed tokens
/// used as secrets are longer. A longer text at a place was no credential, and whoever made it could let the search take any time.
pub const SECRET_CHARS: usize = 1024;

/// Bytes of files together in which an old value is searched for beside places: text that an app reads at its start is smaller,
/// and inflating more would take as long as the rest of an injection.
pub const OLD_COPY_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes the central directory may take: 65 535 records of a long name and extra field each would be far more than any
/// real file (the largest measured is under 8 MiB), and it is held in memory whole.
pub const CENTRAL_DIRECTORY_BYTES: u64 = 256 * 1024 * 1024;

/// Depth of nested JSON, XML, resource chunks: parsers recurse or keep a stack this deep at most. aapt2 and real
/// documents stay under 100.
pub const NESTING: usize = 256;

/// Bytes an APK Signing Block may take: real ones are one or two pages, a few with channel data or Play metadata some
/// hundred KiB; it is held in memory whole.
pub const SIGNING_BLOCK_BYTES: u64 = 32 * 1024 * 1024;

/// Signers of one scheme: Android 12 and its backports stop at 10 (`MAX_APK_SIGNERS` of the platform's verifiers).
pub const SIGNERS: usize = 10;

/// Bits of an RSA modulus that is verified: the largest in AOSP's own test files; public operations on more would only
/// cost time.
pub const RSA_BITS: usize = 16_384;

/// Bits of a DSA prime that is verified: FIPS 186-4 ends at 3072.
pub const DSA_BITS: usize = 4_096;

/// Bytes a manifest, signature file or PKCS#7 block of a JAR signature may take: a manifest takes about 150 bytes per
/// entry, and an archive holds at most 65 535 of them.
pub const JAR_SIGNATURE_BYTES: u64 = 64 * 1024 * 1024;

/// Rounds a keystore may ask of a password: 1 000 times what keytool and OpenSSL ask today, seconds of work.
pub const PASSWORD_ROUNDS: u32 = 10_000_000;

/// Bytes scrypt may take for one password: OpenSSL's default parameters need 16 MiB.
pub const PASSWORD_MEMORY_BYTES: u64 = 256 * 1024 * 1024;

/// Values one resource name may have: one per configuration. Android 10's framework has 1032 of one name (networks times
/// languages); nothing known has more.
pub const RESOURCE_VALUES: usize = 8192;

/// Bytes of text that all values of one resource may have together. Each value may repeat one long text, so a small
/// table could mean gigabytes; real values are under 1 MiB.
pub const RESOURCE_TEXT_BYTES: usize = 64 * 1024 * 1024;

/// References followed from one resource to the next, as `ResTable::resolveReference` does (it stops after 20).
pub const REFERENCE_HOPS: usize = 20;

/// Bytes of a text dump. A dump is for people and fixtures; a hostile table could repeat one long text per entry.
pub const DUMP_BYTES: usize = 256 * 1024 * 1024;

/// Characters or UTF-8 bytes of one string in a UTF-8 pool: its lengths have 15 bits (`ResStringPool`, `decodeLength`).
pub const POOL_UTF8_UNITS: usize = 0x7fff;

/// UTF-16 units of one string in a UTF-16 pool: its length has 31 bits (`ResStringPool`, `decodeLength`); nothing real
/// comes near 1 MiB.
pub const POOL_UTF16_UNITS: usize = 1024 * 1024;

/// UTF-16 units of a string constant put into a dex file: a Java class file holds at most 65 535 bytes of one
/// (`CONSTANT_Utf8_info`), and every credential is far shorter.
pub const DEX_STRING_UNITS: usize = 65_535;

/// Rounds in which the layout of an edited dex file must be found, and that of code whose branches get longer. Offsets in
/// class data grow by at most four bytes; real files take two or three rounds, a hostile one could ask for one per method.
pub const DEX_LAYOUT_ROUNDS: usize = 64;

/// Targets that all switches of one dex method may have: a Java method has at most 65 535 bytes of code, so few
/// thousand; switches that share a large payload would cost time as the square of the code.
pub const DEX_SWITCH_TARGETS: usize = 1024 * 1024;

/// Steps in which it is found what the registers of one dex method may hold: paths times registers. A long method of a
/// real app takes a hundred thousand; one made for it would cost time as the square of the code, and memory alike.
pub const DEX_FLOW_STEPS: usize = 16 * 1024 * 1024;

/// Bytes of one method signature in a dex file: 255 parameters of long class names are under 64 KiB.
pub const DEX_SIGNATURE_BYTES: usize = 1024 * 1024;

/// Dex files in one container: a compiler makes one per 65,536 methods, and an app has some tens.
pub const DEX_CONTAINER_FILES: usize = 1024;

/// Brackets open at one place of a JavaScript file. The tokenizer keeps a list of them and never recurses; engines
/// recurse, and run out of stack long before this.
pub const JS_NESTING: usize = 65_536;

/// Names and members that the values of one property in JavaScript lead on to: bundles hold one or two per class.
pub const JS_REFERENCES: usize = 256;

/// Tokens of the longest value of a property in JavaScript that is read whole; what leads to one string is shorter by far.
/// Values may lie in one another, so this bounds the work for each token.
pub const JS_VALUE_TOKENS: usize = 512;

/// How often what a property in JavaScript reads is looked up again: getter, module variable, destructured constant and
/// one to spare. The file is read once for each.
pub const JS_HOPS: usize = 4;

/// Slices of a universal Mach-O file. Apple has shipped five at most; a Java class file, which begins with the same
/// bytes, has its version (45 and above) in the same place.
pub const MACHO_SLICES: usize = 20;

/// Bytes of load commands of one image: real ones have some ten thousand, and they are held while the rest streams by.
pub const MACHO_COMMANDS: usize = 4 * 1024 * 1024;

/// Bytes reserved for one code signature: 32 of a page's hash for every 4096 of code make 32 MiB for an image of 4 GiB, its
/// limit, and twice that with a second digest.
pub const CODE_SIGNATURE_BYTES: usize = 80 * 1024 * 1024;

/// Bytes of content before its signature in which an executable's deflate stream is looked through for a place to cut: a
/// block of zlib has at most 16 383 symbols of 258 bytes.
pub const CUT_SEARCH_BYTES: u64 = 4_227_072;

/// Bytes of the ends of executables that are kept for signing while an app is read, all in all: what is beyond is read again
/// where it is needed. An end has some hundred KiB.
pub const KEPT_TAIL_BYTES: u64 = 12 * 1024 * 1024;

/// Exponent of the alignment of a slice: 14 for ARM, 12 for Intel; Apple's own tools refuse more than 15.
pub const MACHO_ALIGN: u32 = 15;

/// Blobs of one code signature: there are 13 slots that have a meaning and five further code directories.
pub const CODE_SIGNATURE_BLOBS: usize = 64;

/// Bytes that the compiled rules of a seal may take: Apple's are 15 at most, of under 100 characters each.
pub const SEAL_RULE_BYTES: usize = 4 * 1024 * 1024;

/// Rules of one seal: Apple's have 15 at most.
pub const SEAL_RULES: usize = 256;

/// Bytes that the values of a binary property list may take in memory, an object counted as often as it is referred to:
/// shared objects let a small file stand for any size. The largest real ones (asset catalogues' indices) are under 16 MiB.
pub const PLIST_BYTES: usize = 256 * 1024 * 1024;

/// Archives entered one within the other to reach a place: a metadata archive in a package is one, an application in a
/// package in a package two; each is held in memory while those within are changed.
pub const NESTED_ARCHIVES: usize = 8;

/// Bytes of an entry that is opened in an archive within another file: metadata archives are under 1 MiB, and up to
/// [`NESTED_ARCHIVES`] such entries are in memory at once.
pub const NESTED_BYTES: u64 = 64 * 1024 * 1024;

/// Files of one folder: the largest sites and metadata trees have some ten thousand; a home directory given by mistake has
/// more.
pub const TREE_FILES: usize = 200_000;

/// Bytes that a search unpacks from archives within one artifact, all in all: archives in each other multiply, so a small
/// file could mean petabytes.
pub const UNPACKED_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// The last second that a certificate or profile can name: its year has four digits (RFC 5280 4.1.2.5).
pub const LAST_SECOND: u64 = 253_402_300_799;

/// Bytes of a file that describes a project: the largest Xcode projects known have some ten MiB, and it is held in memory.
pub const PROJECT_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Folders within folders in which the files of a project are looked for: sources of Java packages lie about ten deep,
/// below a generator's output.
pub const PROJECT_DEPTH: usize = 14;

/// Variants of one Android module that are told apart: flavours of several dimensions multiply, and a file that names
/// more applications would be read by nobody.
pub const PROJECT_VARIANTS: usize = 256;

/// Applications of one project: more would make a configuration that nobody reads, and are what a folder of many projects
/// has.
pub const PROJECT_APPS: usize = 1024;

/// Variables followed for one build setting of Xcode, and characters that it may come to: ids have at most 255.
pub const BUILD_SETTING: usize = 4096;

/// Configurations of one target of Xcode that are told apart: two as a rule, some tens where there are many brands.
pub const BUILD_CONFIGURATIONS: usize = 64;

/// Bytes of what GeneXus and GAM exchange about applications: one takes about 500, and a knowledge base has some hundred at
/// most. It is held in memory.
pub const GAM_PARAMETERS_BYTES: u64 = 8 * 1024 * 1024;

/// Files beside a package that are looked at as its splits, and packages of a set.
pub const SPLITS: usize = 256;

/// Bytes that the compressed packages of an archive are unpacked to, in a file: as many as a ZIP archive holds without zip64.
pub const SET_UNPACKED_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Bytes of a v4 signature: 12 bytes for each 4096 of a package of 4 GiB would be 12 MiB, and the tree is left out of most.
pub const IDSIG_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of a keystore, a key, a certificate or a provisioning profile: real ones have some hundred KiB, with many issuers and
/// devices; they are held in memory, keys wiped.
pub const KEY_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes of `inject.toml`, of a hook, of a receipt: text that people and programs write.
pub const TEXT_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes of the file that holds the key of the stores: a line of comment and 64 digits, or the name of a keyring's entry.
pub const STORE_KEY_BYTES: u64 = 4096;

/// The highest number of a field in a protocol buffer (29 bits).
pub const PROTO_FIELD: u32 = 0x1fff_ffff;

/// Bytes of a profile of ART, unpacked: a profile of a hundred thousand methods takes some of the first MiB.
pub const ART_PROFILE_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes of the file with a profile beside a package: it may hold compiled code too, which has the size of the dex files.
pub const DEX_METADATA_BYTES: u64 = 512 * 1024 * 1024;

/// Fields of all elements of an XML document of a bundle: namespaces, names, attributes and children. Each is some hundred bytes
/// in memory and may be two in the file, so that a file of a megabyte could take a hundred times as much.
pub const PROTO_XML_PARTS: usize = 1 << 18;
