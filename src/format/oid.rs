//! Object identifiers of keys, digests, signatures and containers, as the content bytes of their DER encoding.
//!
//! Must not: hold anything but identifiers and their names.

/// RSA encryption (RFC 8017 A.1), 1.2.840.113549.1.1.1.
pub const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
/// md5WithRSAEncryption, 1.2.840.113549.1.1.4.
pub const MD5_WITH_RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04";
/// sha1WithRSAEncryption, 1.2.840.113549.1.1.5.
pub const SHA1_WITH_RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05";
/// sha256WithRSAEncryption, 1.2.840.113549.1.1.11.
pub const SHA256_WITH_RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b";
/// sha384WithRSAEncryption, 1.2.840.113549.1.1.12.
pub const SHA384_WITH_RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c";
/// sha512WithRSAEncryption, 1.2.840.113549.1.1.13.
pub const SHA512_WITH_RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d";
/// sha224WithRSAEncryption, 1.2.840.113549.1.1.14.
pub const SHA224_WITH_RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e";

/// id-ecPublicKey (RFC 5480), 1.2.840.10045.2.1.
pub const EC: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
/// secp256r1, 1.2.840.10045.3.1.7.
pub const P256: &[u8] = b"\x2a\x86\x48\xce\x3d\x03\x01\x07";
/// secp384r1, 1.3.132.0.34.
pub const P384: &[u8] = b"\x2b\x81\x04\x00\x22";
/// secp521r1, 1.3.132.0.35.
pub const P521: &[u8] = b"\x2b\x81\x04\x00\x23";
/// ecdsa-with-SHA1, 1.2.840.10045.4.1.
pub const SHA1_WITH_ECDSA: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x01";
/// ecdsa-with-SHA224, 1.2.840.10045.4.3.1.
pub const SHA224_WITH_ECDSA: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x01";
/// ecdsa-with-SHA256, 1.2.840.10045.4.3.2.
pub const SHA256_WITH_ECDSA: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x02";
/// ecdsa-with-SHA384, 1.2.840.10045.4.3.3.
pub const SHA384_WITH_ECDSA: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x03";
/// ecdsa-with-SHA512, 1.2.840.10045.4.3.4.
pub const SHA512_WITH_ECDSA: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03\x04";

/// id-dsa (RFC 3279), 1.2.840.10040.4.1.
pub const DSA: &[u8] = b"\x2a\x86\x48\xce\x38\x04\x01";
/// id-dsa-with-sha1, 1.2.840.10040.4.3.
pub const SHA1_WITH_DSA: &[u8] = b"\x2a\x86\x48\xce\x38\x04\x03";
/// id-dsa-with-sha224, 2.16.840.1.101.3.4.3.1.
pub const SHA224_WITH_DSA: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x03\x01";
/// id-dsa-with-sha256, 2.16.840.1.101.3.4.3.2.
pub const SHA256_WITH_DSA: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x03\x02";
/// id-dsa-with-sha384, 2.16.840.1.101.3.4.3.3.
pub const SHA384_WITH_DSA: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x03\x03";
/// id-dsa-with-sha512, 2.16.840.1.101.3.4.3.4.
pub const SHA512_WITH_DSA: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x03\x04";

/// id-ce-extKeyUsage (RFC 5280), 2.5.29.37.
pub const EXTENDED_KEY_USAGE: &[u8] = b"\x55\x1d\x25";
/// anyExtendedKeyUsage, 2.5.29.37.0.
pub const ANY_PURPOSE: &[u8] = b"\x55\x1d\x25\x00";
/// id-kp-serverAuth, 1.3.6.1.5.5.7.3.1.
pub const SERVER_AUTHENTICATION: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x01";
/// id-kp-clientAuth, 1.3.6.1.5.5.7.3.2.
pub const CLIENT_AUTHENTICATION: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x02";
/// id-kp-codeSigning, 1.3.6.1.5.5.7.3.3.
pub const CODE_SIGNING: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x03";
/// id-kp-emailProtection, 1.3.6.1.5.5.7.3.4.
pub const EMAIL_PROTECTION: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x04";
/// id-kp-timeStamping, 1.3.6.1.5.5.7.3.8.
pub const TIME_STAMPING: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x03\x08";

/// MD5, 1.2.840.113549.2.5.
pub const MD5: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x02\x05";
/// SHA-1, 1.3.14.3.2.26.
pub const SHA1: &[u8] = b"\x2b\x0e\x03\x02\x1a";
/// SHA-224, 2.16.840.1.101.3.4.2.4.
pub const SHA224: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x04";
/// SHA-256, 2.16.840.1.101.3.4.2.1.
pub const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
/// SHA-384, 2.16.840.1.101.3.4.2.2.
pub const SHA384: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x02";
/// SHA-512, 2.16.840.1.101.3.4.2.3.
pub const SHA512: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x03";

/// PKCS#7 data (RFC 5652), 1.2.840.113549.1.7.1.
pub const PKCS7_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
/// PKCS#7 signedData (RFC 5652), 1.2.840.113549.1.7.2.
pub const PKCS7_SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
/// contentType attribute (RFC 5652 11.1), 1.2.840.113549.1.9.3.
pub const CONTENT_TYPE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03";
/// messageDigest attribute (RFC 5652 11.2), 1.2.840.113549.1.9.4.
pub const MESSAGE_DIGEST: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04";

/// Hashes of the code directories as a property list, 1.2.840.113635.100.9.1 (Apple).
pub const CODE_DIRECTORY_HASHES: &[u8] = b"\x2a\x86\x48\x86\xf7\x63\x64\x09\x01";
/// Hashes of the code directories with their digests, 1.2.840.113635.100.9.2 (Apple).
pub const CODE_DIRECTORY_DIGESTS: &[u8] = b"\x2a\x86\x48\x86\xf7\x63\x64\x09\x02";

/// Sun's protection of keys in JKS files, 1.3.6.1.4.1.42.2.17.1.1.
pub const JKS_KEY_PROTECTOR: &[u8] = b"\x2b\x06\x01\x04\x01\x2a\x02\x11\x01\x01";

/// commonName, 2.5.4.3.
pub const COMMON_NAME: &[u8] = b"\x55\x04\x03";
/// countryName, 2.5.4.6.
pub const COUNTRY: &[u8] = b"\x55\x04\x06";
/// organizationalUnitName, 2.5.4.11.
pub const ORGANIZATIONAL_UNIT: &[u8] = b"\x55\x04\x0b";
/// organizationName, 2.5.4.10.
pub const ORGANIZATION: &[u8] = b"\x55\x04\x0a";

/// The attribute types of names that have a short name (RFC 4514 section 3 and what keytool prints).
const NAMES: [(&[u8], &str); 10] = [
    (COMMON_NAME, "CN"),
    (b"\x55\x04\x05", "SERIALNUMBER"),
    (COUNTRY, "C"),
    (b"\x55\x04\x07", "L"),
    (b"\x55\x04\x08", "ST"),
    (ORGANIZATION, "O"),
    (ORGANIZATIONAL_UNIT, "OU"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "EMAILADDRESS"),
    // RFC 4519: what Apple's certificates name a team or person by, and the parts of an organization's domain.
    (b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"),
    (b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"),
];

/// The short name of an attribute type, else its dotted form.
pub fn attribute_name(content: &[u8]) -> String {
    NAMES.iter().find(|(oid, _)| *oid == content).map_or_else(|| dotted(content), |(_, name)| (*name).to_owned())
}

/// The dotted form of an encoded identifier; for people, so that bytes which are no identifier come out as hex.
pub fn dotted(content: &[u8]) -> String {
    let mut arcs = Vec::new();
    let mut arc = 0u64;
    for &byte in content {
        if arc >> 57 != 0 {
            return super::hex::lower(content);
        }
        arc = arc << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.push(first.to_string());
                arc -= first * 40;
            }
            arcs.push(arc.to_string());
            arc = 0;
        }
    }
    arcs.join(".")
}
