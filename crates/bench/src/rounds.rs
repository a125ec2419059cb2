//! How a ratio comes about.

use anyhow::Result;

/// Two sides, measured in turn: what is of interest, and what it is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    pub(crate) ours: Vec<f64>,
    pub(crate) theirs: Vec<f64>,
}

impl Rounds {
    /// Measures one after the other, so many times.
    pub(crate) async fn measure(
        rounds: usize,
        mut ours: impl AsyncFnMut() -> Result<f64>,
        mut theirs: impl AsyncFnMut() -> Result<f64>,
    ) -> Result<Self> {
        // Once for nothing: caches and connections.
        ours().await?;
        theirs().await?;
        let mut measured = Self { ours: Vec::new(), theirs: Vec::new() };
        for _ in 0..rounds {
            measured.theirs.push(theirs().await?);
            measured.ours.push(ours().await?);
        }
        Ok(measured)
    }

    /// The median of the rounds' ratios.
    pub(crate) fn ratio(&self) -> f64 {
        quantile(&self.ratios(), 0.5)
    }

    /// The middle half of the rounds' ratios.
    pub(crate) fn spread(&self) -> (f64, f64) {
        let ratios = self.ratios();
        (quantile(&ratios, 0.25), quantile(&ratios, 0.75))
    }

    /// Neighbours are compared: they had the machine in the same mood.
    fn ratios(&self) -> Vec<f64> {
        let mut ratios: Vec<f64> = self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| ours / theirs).collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    }
}

/// Of sorted values.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few values, and a share of them"
    )]
    let place = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}
