//! The heart: every row of the state machine, real processes racing, and stores that are not stores.

mod answers;
mod change;
mod damage;
mod genexus;
mod hang;
mod home;
mod obtain;
mod parsers;
mod race;
mod store;
mod upgrade;
