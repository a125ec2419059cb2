//! Sessions in Redis or Valkey, beside a relational store that holds everything else.
