//! Independent judgement of a finished artifact: findings, not errors.
//!
//! Must not: import `sign`, change anything, or stop at the first finding.
