//! Similarity of texts in filters, by `pg_trgm`.

use super::slot::Taken;
use super::{PlanError, Planner, Slot};
use crate::request::{Input, Leaf};
use crate::schema::{FixedFields, Scalar, SimilarityField, SimilarityKind, ValueType};

/// What a text is to be similar to, and how much.
#[derive(Debug, Clone, PartialEq)]
pub struct Similarity {
    /// How the texts are compared.
    pub kind: SimilarityKind,
    /// The other text.
    pub to: Slot,
    /// The least similarity.
    pub threshold: Slot,
    /// A number of hundredths below the threshold. The operator that uses an index takes its threshold from a setting, which is put into the
    /// message beside the statement: a plan is for one.
    pub floor: u8,
}

impl Planner<'_> {
    /// What a text is to be similar to. To null, none is.
    pub(super) fn similarity(
        &self,
        kind: SimilarityKind,
        value: &Input<'_>,
    ) -> Result<Similarity, PlanError> {
        let fields = value.fields();
        let to = match fields.get(SimilarityField::To.name()) {
            Some(to) => self.one(Taken::new("to", ValueType::Scalar(Scalar::String)), to)?,
            None => Slot::NULL,
        };
        let given = fields.get(SimilarityField::Threshold.name()).filter(|given| !given.is_null());
        let Some(given) = given else {
            let (threshold, floor) = match kind {
                SimilarityKind::Whole => ("0.3", 29),
                SimilarityKind::Words => ("0.6", 59),
                SimilarityKind::WholeWords => ("0.5", 49),
            };
            return Ok(Similarity { kind, to, threshold: Slot::Known(Some(threshold.to_owned())), floor });
        };
        let number = match given.value() {
            Leaf::Number(text) => text.parse::<f64>().ok(),
            Leaf::Null | Leaf::Boolean(_) | Leaf::Text(_) | Leaf::Compound => None,
        };
        let floor =
            number.and_then(floor).ok_or_else(|| self.error("threshold must be a number from 0 to 1"))?;
        let threshold = self.one(Taken::new("threshold", ValueType::Scalar(Scalar::Float)), given)?;
        Ok(Similarity { kind, to, threshold, floor })
    }
}

/// The greatest number of hundredths that is surely below a threshold, however the database rounds it. `None` where the threshold is none.
fn floor(threshold: f64) -> Option<u8> {
    let hundredths = (0..=100u8).rev().find(|hundredths| f64::from(*hundredths) <= threshold * 100.0)?;
    (threshold <= 1.0).then(|| hundredths.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::floor;

    #[test]
    fn the_setting_is_below_the_threshold() {
        for threshold in [0.0, 0.005, 0.01, 0.02, 0.07, 0.29, 0.3, 0.305, 0.57, 0.999, 1.0] {
            let found = f64::from(floor(threshold).expect("a threshold")) / 100.0;
            assert!(found < threshold || found == 0.0, "{threshold}: {found}");
            assert!(threshold - found < 0.021, "{threshold}: {found}");
        }
        for wrong in [-0.1, 1.000_001, f64::NAN, f64::INFINITY] {
            assert_eq!(floor(wrong), None, "{wrong}");
        }
    }
}
