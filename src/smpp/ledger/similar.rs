//! Ids that differ only in how they are written: some services answer in one notation and report in another.

/// Whether two ids are the same but for case, leading zeros, or the base of a number.
pub(super) fn is_similar(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    let number = |id: &str, base| u128::from_str_radix(id, base).ok();
    let same = |left: Option<u128>, right: Option<u128>| left.is_some() && left == right;
    one.eq_ignore_ascii_case(other)
        || same(number(one, 10), number(other, 16))
        || same(number(one, 16), number(other, 10))
}

/// A number's digits as a key: the same with or without `+` and leading zeros.
///
/// FNV-1a: it has to be the same in every process, and collisions only widen a search.
pub(super) fn destination_key(number: &str) -> u64 {
    let digits = number.trim_start_matches(['+', '0']);
    digits
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_leading_zeros_and_base_are_notation_and_all_else_is_not() {
        for (one, other) in
            [("0aF3", "AF3"), ("2803", "af3"), ("00AF3", "2803"), ("x-1", "X-1"), ("7", "007")]
        {
            assert!(is_similar(one, other) && is_similar(other, one), "{one} {other}");
        }
        for (one, other) in [("17", "18"), ("a", "b"), ("12", "a"), ("", "1"), ("x1", "x01")] {
            assert!(!is_similar(one, other) && !is_similar(other, one), "{one} {other}");
        }
    }

    #[test]
    fn a_destination_is_the_same_with_and_without_its_plus() {
        assert_eq!(destination_key("+6591234567"), destination_key("6591234567"));
        assert_ne!(destination_key("+6591234567"), destination_key("+6591234568"));
    }
}
