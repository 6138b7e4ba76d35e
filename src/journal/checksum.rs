//! CRC-32, as in zlib and Ethernet: eight octets at a time, by tables that are made at compile time.

/// Continues a checksum over more octets; begin with 0.
pub(super) fn update(checksum: u32, octets: &[u8]) -> u32 {
    let mut crc = !checksum;
    let (eights, rest) = octets.as_chunks::<8>();
    for eight in eights {
        // The first four meet what is known so far; each octet's table says what becomes of it in its place.
        let mut octets = *eight;
        for (octet, known) in octets.iter_mut().zip(crc.to_le_bytes()) {
            *octet ^= known;
        }
        let places = octets.iter().zip(TABLES.iter().rev());
        crc = places.fold(0, |crc, (octet, table)| crc ^ table[usize::from(*octet)]);
    }
    for octet in rest {
        let [low, ..] = crc.to_le_bytes();
        crc = (crc >> 8) ^ TABLES[0][(low ^ octet) as usize];
    }
    !crc
}

/// Whether a checksum differs by this because one bit is another in so many octets, behind which so many more were summed.
pub(super) fn is_by_a_bit(mut difference: u32, octets: usize, behind: usize) -> bool {
    for bit in 0..(octets + behind) * 8 {
        // What a bit that differs makes of the checksum when it is summed.
        if difference == POLYNOMIAL && bit >= behind * 8 {
            return true;
        }
        // What the difference was before the bit that was summed last.
        let is_divided = difference >> 31 == 1;
        difference = if is_divided { ((difference ^ POLYNOMIAL) << 1) | 1 } else { difference << 1 };
    }
    false
}

static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut octet = 0_u32;
    while octet < 256 {
        let mut crc = octet;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        tables[0][octet as usize] = crc;
        octet += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut octet = 0;
        while octet < 256 {
            let before = tables[table - 1][octet];
            tables[table][octet] = (before >> 8) ^ tables[0][(before & 0xFF) as usize];
            octet += 1;
        }
        table += 1;
    }
    tables
}

/// Reflected.
const POLYNOMIAL: u32 = 0xEDB8_8320;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_that_others_reckon() {
        // The check value of the catalogue of CRC algorithms, and zlib's of longer texts.
        assert_eq!(update(0, b"123456789"), 0xCBF4_3926);
        assert_eq!(update(0, b""), 0);
        assert_eq!(update(0, b"The quick brown fox jumps over the lazy dog"), 0x414F_A339);
    }

    #[test]
    fn one_changed_bit_is_told_from_more_and_from_one_elsewhere() {
        let text: Vec<u8> = (0..40).collect();
        let whole = update(0, &text);
        let changed = |bits: &[usize]| {
            let mut text = text.clone();
            for bit in bits {
                text[bit / 8] ^= 1 << (bit % 8);
            }
            update(0, &text) ^ whole
        };
        for bit in 0..text.len() * 8 {
            assert_eq!(is_by_a_bit(changed(&[bit]), 24, 16), bit < 24 * 8, "{bit}");
            let other = (bit + 77) % (text.len() * 8);
            assert!(!is_by_a_bit(changed(&[bit, other]), 40, 0), "{bit} and {other}");
        }
        assert!(!is_by_a_bit(0, 40, 0));
    }

    #[test]
    fn a_checksum_can_be_continued_anywhere() {
        let text: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for cut in 0..text.len() {
            assert_eq!(update(update(0, &text[..cut]), &text[cut..]), update(0, &text));
        }
    }
}
