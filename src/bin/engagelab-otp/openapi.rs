//! `engagelab-otp openapi`

use crate::failure::Failure;
use crate::output::write;

pub(crate) fn run() -> Result<(), Failure> {
    write(engagelab_otp::OPENAPI)
}
