//! What the tests of the inspector share.
