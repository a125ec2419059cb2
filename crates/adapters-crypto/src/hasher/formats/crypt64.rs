//! The base 64 of `crypt(3)`: another alphabet, and the lowest six bits first.

/// The number that a digit stands for.
pub(super) fn digit(byte: u8) -> Option<u32> {
    const DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    DIGITS.iter().position(|known| *known == byte).and_then(|place| u32::try_from(place).ok())
}

/// Bytes, if the text has no other length or bits than theirs.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for (place, byte) in group.iter().enumerate() {
            bits |= digit(*byte)? << (6 * place);
        }
        let whole = group.len() * 6 / 8;
        let [rest @ .., _] = &bits.to_le_bytes();
        bytes.extend_from_slice(&rest[..whole]);
        if group.len() == 1 || bits >> (8 * whole) != 0 {
            return None;
        }
    }
    Some(bytes)
}
