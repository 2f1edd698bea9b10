//! What stands between data and its loading: genuine checks, weak ones, and what only looks like one.

use super::matching::Hit;
use super::origin::Origins;
use super::weigh::Weighing;

/// Judges what is done to the data of `hit` before it is loaded; gives the reasons, and the severity they call for.
pub(super) fn judge<'a>(_weighing: &mut Weighing<'a, '_>, _hit: &mut Hit<'a>, _origins: &Origins<'a>) {}
