//! The body of `bind_transceiver`.

use std::fmt;

use super::field::{Fields, write_text};
use crate::InvalidInput;

/// Opens a session.
///
/// ```text
/// octets  field
/// 1..16   system_id, closed by a zero
/// 1..9    password, closed by a zero
/// 1..13   system_type, closed by a zero
/// 1       interface_version, 0x34 for SMPP 3.4
/// 1       addr_ton
/// 1       addr_npi
/// 1..41   address_range, closed by a zero
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Bind {
    /// Who binds, at most fifteen characters.
    pub system_id: String,
    /// The password, at most eight characters.
    pub password: String,
    /// The kind of system; empty.
    pub system_type: String,
    /// The version of the protocol.
    pub interface_version: u8,
    /// Type of number of the addresses served; zero.
    pub addr_ton: u8,
    /// Numbering plan of the addresses served; zero.
    pub addr_npi: u8,
    /// The addresses served; empty.
    pub address_range: String,
}

impl Bind {
    /// SMPP 3.4, as it stands in `interface_version`.
    pub const VERSION_3_4: u8 = 0x34;

    pub(super) fn read(body: &[u8]) -> Result<Self, InvalidInput> {
        let mut fields = Fields::new(body);
        Ok(Self {
            system_id: fields.text("system_id")?,
            password: fields.text("password")?,
            system_type: fields.text("system_type")?,
            interface_version: fields.octet("interface_version")?,
            addr_ton: fields.octet("addr_ton")?,
            addr_npi: fields.octet("addr_npi")?,
            address_range: fields.text("address_range")?,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<(), InvalidInput> {
        write_text(out, "system_id", &self.system_id, 15, "must be at most 15 characters")?;
        write_text(out, "password", &self.password, 8, "must be at most 8 characters")?;
        write_text(out, "system_type", &self.system_type, 12, "must be at most 12 characters")?;
        out.extend_from_slice(&[self.interface_version, self.addr_ton, self.addr_npi]);
        write_text(out, "address_range", &self.address_range, 40, "must be at most 40 characters")
    }
}

impl fmt::Debug for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bind")
            .field("system_id", &self.system_id)
            .field("interface_version", &self.interface_version)
            .finish_non_exhaustive()
    }
}
