//! From when until when a certificate is valid (RFC 5280, 4.1.2.5).

use std::time::Duration;

use anyhow::{Result, anyhow};
use rustls::pki_types::CertificateDer;
use vestibule_domain::time::Timestamp;
use x509_parser::parse_x509_certificate;

/// How long before its end a certificate should have been renewed, unless a third of its whole time is less: programs that
/// renew do so when a third is left.
const DUE: Duration = Duration::from_hours(14 * 24);

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    from: Timestamp,
    until: Timestamp,
}

/// How a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Valid for long enough.
    Good,
    /// Not valid yet.
    Early,
    /// Valid for so many more whole days, and should have been renewed.
    Late { days: u64 },
    /// Not valid any more.
    Over,
}

impl Validity {
    /// Reads it.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Result<Self> {
        let (_, certificate) = parse_x509_certificate(certificate).map_err(|error| anyhow!("{error}"))?;
        let at = |time: x509_parser::time::ASN1Time| Timestamp::from_millis(time.timestamp().saturating_mul(1000));
        let validity = certificate.validity();
        Ok(Self { from: at(validity.not_before), until: at(validity.not_after) })
    }

    /// How it stands at `now`.
    pub(super) fn standing(self, now: Timestamp) -> Standing {
        let left = self.until.since(now);
        if now < self.from {
            Standing::Early
        } else if now > self.until {
            Standing::Over
        } else if left < DUE.min(self.until.since(self.from) / 3) {
            Standing::Late { days: left.as_secs() / (24 * 60 * 60) }
        } else {
            Standing::Good
        }
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    /// Noon on this day of 2026.
    fn noon(days_after_new_year: i64) -> Timestamp {
        Timestamp::from_millis((1_767_225_600 + 43_200 + days_after_new_year * 86_400) * 1000)
    }

    /// Valid from the new year of 2026 for so many days.
    fn validity(days: u8) -> Validity {
        let mut params = CertificateParams::new(["id.test".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = if days > 31 { date_time_ymd(2026, 4, days - 89) } else { date_time_ymd(2026, 1, 1 + days) };
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        Validity::of(certificate.der()).unwrap()
    }

    #[test]
    fn a_certificate_should_be_renewed_two_weeks_before_its_end() {
        let validity = validity(90);
        for (day, standing) in [
            (-1, Standing::Early),
            (0, Standing::Good),
            (75, Standing::Good),
            (76, Standing::Late { days: 13 }),
            (89, Standing::Late { days: 0 }),
            (90, Standing::Over),
        ] {
            assert_eq!(validity.standing(noon(day)), standing, "{day}");
        }
    }

    #[test]
    fn one_that_is_short_is_renewed_when_a_third_is_left() {
        let validity = validity(6);
        assert_eq!(validity.standing(noon(3)), Standing::Good);
        assert_eq!(validity.standing(noon(4)), Standing::Late { days: 1 });
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        assert!(Validity::of(&CertificateDer::from(vec![1, 2, 3])).is_err());
    }
}
