//! What a change introduces: new findings minus old ones, by fingerprint. Pure.
