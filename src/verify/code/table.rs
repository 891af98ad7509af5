//! The table of codes.
//!
//! Must not: decide anything; it is data.

use super::{About, Grade, Row};

/// Makes the enums from rows: variant, name, how bad, about what; what it means; what to do.
macro_rules! codes {
    ($(
        $section:ident $heading:literal {
            $($variant:ident $name:literal $grade:ident $(($case:literal))? $about:ident $meaning:literal $remedy:literal;)+
        }
    )+) => {
        /// What a finding says, as a name that never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = concat!("`", $name, "`: ", $meaning, ".")] $variant,)+)+
        }

        impl Code {
            /// Every code, in the order in which they are documented.
            pub const ALL: &[Self] = &[$($(Self::$variant,)+)+];

            pub(super) fn row(self) -> Row {
                match self {
                    $($(Self::$variant => Row {
                        name: $name,
                        grade: Grade::$grade $(($case))?,
                        about: About::$about,
                        meaning: $meaning,
                        remedy: $remedy,
                        section: Section::$section,
                    },)+)+
                }
            }
        }

        /// The parts of the documentation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Section {
            $(#[doc = concat!($heading, ".")] $section,)+
        }

        impl Section {
            /// All, in their order.
            pub const ALL: &[Self] = &[$(Self::$section,)+];

            /// The heading in `docs/findings.md`.
            pub fn heading(self) -> &'static str {
                match self {
                    $(Self::$section => $heading,)+
                }
            }
        }
    };
}

codes! {
    Places "Places and credentials" {
        PlaceMissing "place.missing" Error Place
            "a place of the environment is not in the artifact"
            "inject again; or correct `--at`, the preset or `inject.toml`";
        PlaceNone "place.none" Error Place
            "no place of its own is known for this artifact"
            "name one: `--at`, `--preset`";
        PlaceValue "place.value" Error Place
            "a place holds another value than the environment's"
            "inject for this environment";
        PlacePartial "place.partial" Warning Uncompared
            "something that an address means was not compared: other calls of a method, other configurations, the secret of a preset that needs one; `verify` says partial"
            "address all of it; the message says how";
        PlaceUnreadable "place.unreadable" Error Place
            "the artifact cannot be read to look at its places"
            "see the message";
        PlaceUnknown "place.unknown" Warning Place
            "metadata of another main object of GeneXus, whose credential in this environment is not known here; it was not compared"
            "obtain it: `inject register`; or list that main object in `inject.toml`";
        PlaceUnprotected "place.unprotected" Warning Place
            "a place takes the secret where no signature covers it, in the APK Signing Block: anybody can read it there, and change it without breaking a signature"
            "put the Client Id alone there";
        PlaceOverridden "place.overridden" Warning Uncompared
            "an app for Apple's systems holds another value that counts instead of a place on some devices, in a language or from its settings; `verify` says partial"
            "give it the value as well: the message has its `--at`";
        PlaceOtherId "place.other-id" Warning Uncompared
            "a place that is for the application's own Client Id (`own-id`) holds another one than the other places do, so it stays; `verify` says partial"
            "if it is the application's own: the message has its `--at`";
        LeakForeign "leak.foreign" Error Leak
            "the Client Id or secret of another environment or application lies there; the message names its form"
            "inject again; name that place too; build anew";
        LeakOwn "leak.own" Error Leak
            "the application's own secret lies there, and `secret = \"omit\"` keeps it out of artifacts in this environment"
            "name that place too (it is emptied); build anew";
        LeakOld "leak.old" Error Leak
            "the Client Id or secret that the application had at its places before is also where no place reaches: the app may go on using it there"
            "name that place too; `--gate off` writes it all the same";
        LeakUnreadable "leak.unreadable" Depends("an entry that does not inflate, which is searched as it lies") Search
            "a file could not be searched; an injection refuses an output with such a file where its gate reaches it"
            "repair the file, or leave it out of the build";
        LeakDepth "leak.depth" Warning Search
            "archives in archives, deeper than is searched; an injection refuses an output with them where its gate reaches them"
            "take them apart by hand";
        LeakLimit "leak.limit" Warning Search
            "more was packed than is unpacked in one search; an injection refuses an output with it where its gate reaches it"
            "search that file by itself: `inject scan`";
        LeakGamPasswords "leak.gam-passwords" Error Exposed
            "`inject scan`: a file in the form of GeneXus' `InputParms.json`, whatever it is called: passwords of the database and of GAM's administrator in clear"
            "take it out of the commit, add it to `.gitignore`, change the passwords";
        LeakGamSecrets "leak.gam-secrets" Error Exposed
            "`inject scan`: a file in the form of `OutputParms.json`: Client Secrets in clear"
            "take it out of the commit, add it to `.gitignore`; new secrets in GAM";
        LeakGamKey "leak.gam-key" Error Exposed
            "`inject scan`: a file in the form of `connection.gam`: the key of GAM's repository"
            "take it out of the commit, add it to `.gitignore`; a new connection key in GAM";
        LeakGamIds "leak.gam-ids" Depends("a file that is not staged") Exposed
            "`inject scan`: a file in the form of `application.gam`, `applications.gam`, or of `OutputParms.json` without secrets: ids of applications"
            "take it out of the commit, add it to `.gitignore`";
        LeakGamName "leak.gam-name" Warning Exposed
            "`inject scan`: a file is called as one of these, and has another form, or values of nothing"
            "look whether it belongs there";
        IdentifyNothing "identify.nothing" Error Identity
            "`identify` found no credential at any place it knows"
            "name a place: `--at`, `--preset`";
        IdentifyUnknown "identify.unknown" Error Identity
            "`identify` found an id that the store does not know"
            "look in the store that the build used; `inject scan` finds more forms";
        IdentifyMixed "identify.mixed" Error Identity
            "`identify` found values of several environments"
            "inject again";
        ReceiptDigest "receipt.digest" Error Receipt
            "the receipt is about another file"
            "take the receipt of this injection";
        ReceiptCredential "receipt.credential" Error Receipt
            "the receipt names another application, environment, Client Id or secret"
            "take the receipt of this injection";
        ProbeRefused "probe.refused" Error Server
            "the real server refuses the credential"
            "`inject register --force`, then inject again";
        ProbeUnknown "probe.unknown" Warning Server
            "the server's answer tells nothing of the credential"
            "see the message";
    }
    Release "Release environments (`release = true`)" {
        ReleaseDebuggable "release.debuggable" Error Release
            "the app can be debugged (`android:debuggable`, `get-task-allow`)"
            "build the release variant";
        ReleaseTestOnly "release.test-only" Error Release
            "the package is for tests (`android:testOnly`)"
            "build the release variant";
        ReleasePrototype "release.prototype" Error Release
            "GeneXus' prototyping metadata"
            "leave it out of a release";
        ReleaseSigner "release.signer" Error Release
            "signed by another key than the environment pins"
            "sign with that key, or correct `signer`";
    }
    Android "Android packages" {
        SetIncomplete "set.incomplete" Error Container
            "packages that are installed together lack the base, or a type of split that the base requires; Android refuses them (`INSTALL_FAILED_MISSING_SPLIT`)"
            "add the package that the message names; a complete set comes out of one build";
        SetMixed "set.mixed" Error Container
            "packages that are installed together are of different applications or versions, or one split is there twice; Android refuses them"
            "take all of them from one build";
        SetSigner "set.signer" Error Signature
            "packages that are installed together are not by one signer; Android refuses them"
            "inject the set as a whole: all of it is signed with one key";
        ZipUnreadable "zip.unreadable" Error Container
            "the archive cannot be read"
            "build anew";
        ZipContent "zip.content" Error Container
            "an entry does not inflate, or its CRC-32 differs"
            "build anew";
        ZipHeader "zip.header" Depends("an archive within the artifact") Container
            "the local header of an entry has another name, CRC-32 or size than the central directory, or another bit 3; Android and apksigner refuse such a package, and of a bundle, a set, an IPA or an archive within readers see different contents"
            "inject again, which writes the header anew, in an archive within only where a place is in it; or build anew";
        ZipCopy "zip.copy" Error Container
            "while writing: an entry, or another part, that should be the original's is not"
            "run again; report it";
        ApkManifest "apk.manifest" Error Container
            "no `AndroidManifest.xml`"
            "this is no installable package";
        AabEntry "aab.entry" Error Container
            "`BundleConfig.pb` or the base module's manifest is missing"
            "this is no complete App Bundle; build it again";
        AabFolder "aab.folder" Error Container
            "an entry for a folder, which bundletool refuses"
            "pack the bundle without entries for folders";
        ApkArsc "apk.arsc" Depends("an app that targets an API level below 30") Container
            "`resources.arsc` is compressed or not aligned; Android 11 and later refuse that where the app targets them"
            "inject again, which stores it";
        ApkAlignment "apk.alignment" Warning Alignment
            "a stored entry is not at a multiple of 4 bytes"
            "align: inject again";
        ApkAlignmentLibrary "apk.alignment.library" Warning Alignment
            "a stored native library is not at a multiple of 16 KiB"
            "align: inject again";
        ApkBlock "apk.block" Error Signature
            "the APK Signing Block cannot be read"
            "sign the package again";
        ApkSandbox "apk.sandbox" Error Signature
            "`targetSandboxVersion` 2 asks for v2 or later"
            "sign with v2";
        ApkTarget "apk.target" Error Signature
            "the targeted API level asks for v2 or later"
            "sign with v2 and v3";
        ApkSigner "apk.signer" Error Signature
            "while writing: the signature is not by the key that was given"
            "report it";
        ApkSigners "apk.signers" Error Signature
            "schemes are signed by different certificates, or by more of them than v3 allows"
            "sign the package again";
        V1None "v1.none" Error Signature
            "no v1 signature where one is needed"
            "sign with v1";
        V1Block "v1.block" Depends("one without its signature file, which is ignored") Signature
            "a signature block cannot be read"
            "sign the package again";
        V1File "v1.file" Error Signature
            "a signature file does not fit the manifest"
            "sign the package again";
        V1Manifest "v1.manifest" Error Signature
            "`MANIFEST.MF` breaks its format"
            "sign the package again";
        V1ManifestDigest "v1.manifest.digest" Warning Signature
            "the digest of the whole manifest differs; its sections decide"
            "none needed";
        V1Entry "v1.entry" Error Signature
            "an entry was added, changed or taken away after signing, or signed by others"
            "sign the package again";
        V1Signature "v1.signature" Error Signature
            "no signature is one over its signature file"
            "sign the package again";
        V1Signers "v1.signers" Error Signature
            "more signers than Android accepts"
            "sign with one";
        V1Scheme "v1.scheme" Warning Signature
            "a signature file names a scheme that is not known"
            "none needed";
        V1Stripped "v1.stripped" Error Signature
            "a later signature was there and was taken away"
            "sign the package again";
        V1Limit "v1.limit" Error Signature
            "a file of the signature is larger than is read"
            "sign the package again";
        V2Malformed "v2.malformed" Error Signature
            "the signature's block breaks its format"
            "sign the package again";
        V2Algorithm "v2.algorithm" Depends("one signature beside others, which is not checked") Signature
            "no algorithm that is known and allowed"
            "sign the package again";
        V2Certificate "v2.certificate" Error Signature
            "the certificate cannot be read, or is not of the key"
            "sign the package again";
        V2Signature "v2.signature" Error Signature
            "the signature does not hold over what was signed"
            "sign the package again";
        V2Digest "v2.digest" Error Signature
            "the content is not what was signed"
            "it was changed: build or inject anew";
        V2Attribute "v2.attribute" Warning Signature
            "an additional attribute that is not known"
            "none needed";
        V2Signers "v2.signers" Error Signature
            "more signers than Android accepts"
            "sign with one";
        V2Stripped "v2.stripped" Error Signature
            "a v3 signature was there and was taken away"
            "sign the package again";
        V3Malformed "v3.malformed" Error Signature
            "the signature's block breaks its format"
            "sign the package again";
        V3Algorithm "v3.algorithm" Depends("one signature beside others, which is not checked") Signature
            "no algorithm that is known and allowed"
            "sign the package again";
        V3Certificate "v3.certificate" Error Signature
            "the certificate cannot be read, or is not of the key"
            "sign the package again";
        V3Signature "v3.signature" Error Signature
            "the signature does not hold over what was signed"
            "sign the package again";
        V3Digest "v3.digest" Error Signature
            "the content is not what was signed"
            "it was changed: build or inject anew";
        V3Attribute "v3.attribute" Warning Signature
            "an additional attribute that is not known"
            "none needed";
        V3Lineage "v3.lineage" Error Signature
            "the proof of rotation does not hold"
            "sign with its newest key";
        V3Sdk "v3.sdk" Error Signature
            "signers leave a gap between API levels, overlap, or were signed for others"
            "sign the package again";
        V31Alone "v31.alone" Error Signature
            "v3.1 without v3"
            "sign the package again";
        V31Rotation "v31.rotation" Error Signature
            "v3 announces v3.1 from another level than where it begins"
            "sign the package again";
        V31Stripped "v31.stripped" Error Signature
            "v3 announces a v3.1 that is not there"
            "sign the package again";
        V31Unannounced "v31.unannounced" Warning Signature
            "v3.1 is there and not announced"
            "sign the package again";
        V4Malformed "v4.malformed" Error Signature
            "the `.idsig` breaks its format"
            "`--v4` again";
        V4Digest "v4.digest" Error Signature
            "the `.idsig` names another content digest than the package's signature"
            "`--v4` again";
        V4Root "v4.root" Error Signature
            "the root hash in the `.idsig` is not that of the package"
            "`--v4` again";
        V4Tree "v4.tree" Error Signature
            "the hash tree in the `.idsig` is not that of the package"
            "`--v4` again";
        V4Signature "v4.signature" Error Signature
            "the signature in the `.idsig` does not hold"
            "`--v4` again";
        V4Signer "v4.signer" Error Signature
            "the `.idsig` is signed by another certificate than the package"
            "`--v4` again";
    }
    Apple "Apps for Apple's systems" {
        AppleUnreadable "apple.unreadable" Error Container
            "a file of the app cannot be read"
            "build anew";
        AppleLayout "apple.layout" Error Container
            "the folder is not laid out as an app"
            "build anew";
        AppleMacho "apple.macho" Error Container
            "an executable cannot be read"
            "build anew";
        AppleUnsigned "apple.unsigned" Error Signature
            "the app is not signed"
            "sign it";
        AppleUnsignedImage "apple.unsigned-image" Warning Signature
            "code within is not signed"
            "sign it";
        AppleAdHoc "apple.ad-hoc" Warning Signature
            "signed by nobody: only simulators run it"
            "sign with an identity";
        AppleEncrypted "apple.encrypted" Error Signature
            "encrypted by the App Store (FairPlay)"
            "take the app as it was built";
        AppleGeometry "apple.geometry" Error Signature
            "the signature and the segment `__LINKEDIT` do not end together"
            "sign again";
        AppleAlignment "apple.alignment" Warning Signature
            "the signature does not begin at a multiple of 16 bytes"
            "sign again";
        AppleTrailing "apple.trailing" Warning Signature
            "bytes behind the signature"
            "none needed";
        AppleSuperblob "apple.superblob" Error Signature
            "the signature's outer structure is broken"
            "sign again";
        AppleDirectory "apple.directory" Error Signature
            "a code directory is missing, broken or of a kind that is not supported"
            "sign again";
        AppleCodeLimit "apple.code-limit" Error Signature
            "the code directory covers more or less than the code before the signature"
            "sign again";
        ApplePages "apple.pages" Error Signature
            "the code directory lists another number of pages than the code has"
            "it was changed: build anew";
        ApplePageHash "apple.page-hash" Error Signature
            "pages of the code are not what was signed"
            "it was changed: build anew";
        AppleSlot "apple.slot" Error Signature
            "Info.plist, entitlements, requirements or the seal are not what was signed"
            "sign again";
        AppleSlotMissing "apple.slot-missing" Error Signature
            "the signature holds the hash of something that is not there"
            "sign again";
        AppleSlotUnbound "apple.slot-unbound" Error Signature
            "something is there whose hash the signature does not hold"
            "sign again";
        AppleSlotUnknown "apple.slot-unknown" Warning Signature
            "a slot that is not known"
            "none needed";
        AppleCms "apple.cms" Error Signature
            "the CMS signature is missing, cannot be read, or uses an algorithm that is not known"
            "sign again";
        AppleCmsSignature "apple.cms-signature" Error Signature
            "the CMS signature does not hold"
            "sign again";
        AppleCmsDigest "apple.cms-digest" Error Signature
            "the CMS signature is of another code directory"
            "sign again";
        AppleCmsDigests "apple.cms-digests" Depends("a list that is missing") Signature
            "the digests of code directories (9.2) do not fit"
            "sign again";
        AppleCmsHashes "apple.cms-hashes" Depends("a list that is missing") Signature
            "the hashes of code directories (9.1) do not fit"
            "sign again";
        AppleChain "apple.chain" Error Signature
            "the certificates do not lead to an issuer that signed itself"
            "give the issuers: `--chain`";
        AppleCertificateUsage "apple.certificate-usage" Error Signature
            "the certificate that signed is not for code: a device does not run it"
            "sign with a distribution or development certificate";
        AppleTeam "apple.team" Warning Signature
            "the team of the certificate is not the one that is named"
            "sign again";
        AppleNestedSigner "apple.nested-signer" Warning Signature
            "code within is signed by another than the app"
            "sign all with one identity";
        AppleIdentifier "apple.identifier" Error Signature
            "the identifier in a signature is not the bundle's: a device does not install it"
            "sign again";
        AppleApplicationIdentifier "apple.application-identifier" Error Signature
            "the application identifier in the entitlements is another application's"
            "sign again";
        AppleIdentifierNested "apple.identifier-nested" Depends("an app for a simulator, or an injection that did not cause it") Signature
            "an extension, a watch app or an App Clip is not named after its app, or names another one"
            "change the identifiers together";
        AppleEntitlements "apple.entitlements" Error Signature
            "entitlements cannot be read"
            "sign again";
        AppleEntitlementsDer "apple.entitlements-der" Depends("a signature of before iOS 15, which has none") Signature
            "entitlements in DER cannot be read"
            "sign again";
        AppleEntitlementsDiffer "apple.entitlements-differ" Error Signature
            "entitlements in XML and in DER differ"
            "sign again";
        AppleExecFlags "apple.exec-flags" Warning Signature
            "flags of the executable segment are not those that the entitlements set"
            "sign again";
        AppleEntitlementsForm "apple.entitlements-form" Warning Signature
            "DER entitlements in an older form"
            "none needed";
        AppleProfile "apple.profile" Error Profile
            "the provisioning profile cannot be read"
            "download a new one";
        AppleProfileNone "apple.profile-none" Warning Profile
            "no profile: only the App Store gives such an app to a device"
            "`--profile`";
        AppleProfileBare "apple.profile-bare" Warning Profile
            "a profile that nobody signed"
            "`--profile`";
        AppleProfileSignature "apple.profile-signature" Error Profile
            "the profile's signature does not hold"
            "download a new one";
        AppleProfileExpired "apple.profile-expired" Error Profile
            "the profile has expired"
            "download a new one";
        AppleProfilePlatform "apple.profile-platform" Error Profile
            "the profile is for another system"
            "choose the right one";
        AppleProfileApp "apple.profile-app" Depends("an injection with `--allow-new-signer`") ProfileFit
            "the profile is for another app"
            "choose the right one";
        AppleProfileCertificate "apple.profile-certificate" Depends("an injection with `--allow-new-signer`") ProfileFit
            "the profile does not list the certificate that signs"
            "choose the right one";
        AppleProfileEntitlement "apple.profile-entitlement" Depends("an injection with `--allow-new-signer`") ProfileFit
            "the profile does not grant an entitlement"
            "choose the right one";
        AppleSeal "apple.seal" Error Signature
            "the list of sealed files cannot be read"
            "sign again";
        AppleSealNone "apple.seal-none" Error Signature
            "the list of sealed files is missing"
            "sign again";
        AppleSealChanged "apple.seal-changed" Error Signature
            "a file changed after sealing"
            "sign again";
        AppleSealMissing "apple.seal-missing" Error Signature
            "a sealed file is not there"
            "put it back, or sign again";
        AppleSealAdded "apple.seal-added" Depends("a file that only the older list lacks") Signature
            "a file is not sealed though the rules name it"
            "sign again";
        AppleSealDigest "apple.seal-digest" Depends("a kind of digest that entries are not read for") Signature
            "an entry of the seal lacks the digest that a code directory is of"
            "sign again";
        AppleSealGuest "apple.seal-guest" Warning Signature
            "a file beside the seal, which nothing covers"
            "remove it";
        AppleSealOmitted "apple.seal-omitted" Warning Signature
            "a file is sealed though the rules omit it"
            "none needed";
        AppleSealOld "apple.seal-old" Warning Signature
            "a seal of before iOS 7"
            "none needed";
    }
    Sites "Sites" {
        SiteIntegrity "site.integrity" Error Site
            "`integrity` in a page is not the digest of the file"
            "inject again, or build anew";
        SiteWorker "site.worker" Error Site
            "`ngsw.json` cannot be read or has another hash: the service worker refuses the file"
            "inject again, or build anew";
        SitePrecache "site.precache" Warning Site
            "a file has another MD5 than a service worker of Workbox or Flutter lists: browsers may keep another content of it"
            "inject again, or build anew";
        SiteCopy "site.copy" Error Site
            "a compressed copy is another content than the file beside it"
            "inject again, or build anew";
        SiteUnreadable "site.unreadable" Error Site
            "a file of the site cannot be read"
            "see the message";
    }
}
