//! The laws that every storage adapter keeps, as tests that any adapter can run.
//!
//! An adapter implements the ports of [`vestibule_application::ports`], whose documentation says what each promises.
//! Whether it keeps the promises, the laws find out. Its tests name how to get a fresh, migrated store, and get a test
//! for each law:
//!
//! ```no_run
//! use vestibule_storage_contract::{Store, storage_contract};
//! # use vestibule_adapters_db::MemoryStore as MyStore;
//!
//! async fn fresh() -> Store {
//!     Store::of(MyStore::new())
//! }
//!
//! storage_contract!(fresh().await);
//! ```
//!
//! - [`Store::of`] takes one type that implements every port. A store made of several, or with decorators around some
//!   of its ports, is [`Store::from`] a [`Stores`](vestibule_application::ports::Stores).
//! - [`Store::on`] keeps what the store lives on until the law has been tried: a temporary directory, a database that is
//!   dropped with its owner. Each law has a store of its own, so they may be tried at once.
//!
//! A law is an async function over [`Store`], named after what it demands and grouped by what it is about: see [`laws`].
//! One alone is `cargo test -p MY-CRATE an_ended_session_cannot_be_saved`; a group is `cargo test -p MY-CRATE races::`.
//! Whoever wants laws as values rather than tests finds them in [`all`]:
//!
//! ```
//! # use vestibule_adapters_db::MemoryStore as MyStore;
//! # use vestibule_storage_contract::Store;
//! # #[tokio::main]
//! # async fn main() {
//! for law in vestibule_storage_contract::all().iter().filter(|law| law.group == "installation") {
//!     law.demand_of(Store::of(MyStore::new())).await;
//! }
//! # }
//! ```
//!
//! What counts attempts need not be a store: its laws are in [`budgets`]; and those of [`leases`] are for databases alone.
//!
//! What the laws are worth is measured: `tests/mutants` has stores that are broken on purpose, most of them in a way that
//! has been met in the field, each with the laws that have to notice.
#![expect(clippy::unwrap_used, reason = "a law that cannot go on is a law that does not hold")]

pub mod budgets;
mod fixtures;
mod law;
pub mod laws;
pub mod leases;
mod store;

#[cfg(test)]
mod tests;

pub use law::{Law, all};
pub use store::Store;

/// Stamps a test for each law. Takes the expression that makes a fresh, migrated [`Store`]; it may await.
#[macro_export]
macro_rules! storage_contract {
    ($fresh:expr) => {
        $crate::laws!(storage_contract, $fresh);
    };
    (@group $fresh:expr, $group:ident, $($law:ident)*) => {
        mod $group {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $law() {
                    $crate::laws::$group::$law($fresh).await;
                }
            )*
        }
    };
}

/// The list of all laws. Hands each group, and whatever else it was given, to the `@group` of one of this crate's macros.
#[doc(hidden)]
#[macro_export]
macro_rules! laws {
    ($each:ident, $given:expr) => {
        $crate::$each!(@group $given, sessions,
            a_session_is_found_by_its_digest_and_by_its_id
            a_session_comes_back_with_everything_it_had
            a_digest_that_differs_in_one_bit_finds_nothing
            digests_compare_byte_for_byte
            no_two_sessions_have_one_id
            no_two_sessions_have_one_digest
            a_session_may_begin_ended
            every_reason_to_end_survives
            every_subject_survives
            device_names_survive_in_any_script_and_at_full_length
            saving_overwrites_everything_but_the_token
            saving_from_another_epoch_is_stale
            saving_what_is_not_there_is_stale
            saving_never_moves_last_seen_back
            saving_may_end_a_session
            the_ends_of_time_can_be_stored
        );
        $crate::$each!(@group $given, endings,
            an_ended_session_is_found_with_its_end
            an_ended_session_cannot_be_saved
            an_ended_session_cannot_be_ended_again
            an_ended_session_cannot_be_touched
            an_ended_session_cannot_be_begun_again
            ending_what_is_not_there_is_stale
            ending_all_of_a_user_ends_theirs_and_no_others
            ending_all_of_a_user_keeps_the_ends_there_are
            ending_all_of_nobody_is_no_conflict
            a_user_and_a_node_of_one_uuid_are_two_subjects
            all_anonymous_sessions_are_one_subjects
            touching_moves_last_seen_forward_only
            touching_takes_the_latest_of_several_sightings
            touching_what_is_not_there_is_no_conflict
            touching_changes_nothing_but_last_seen
            a_thousand_sessions_are_touched_at_once
            a_thousand_sessions_of_a_user_end_at_once
            every_way_to_look_sees_every_change
        );
        $crate::$each!(@group $given, pages,
            pages_of_sessions_join_without_gap_or_overlap
            a_page_may_be_of_one_subject
            a_page_of_live_sessions_ends_at_the_very_millisecond
            filters_of_a_page_add_up
            pages_of_users_join_without_gap_or_overlap
            a_page_of_none_is_empty
            a_page_is_as_long_as_asked
        );
        $crate::$each!(@group $given, housekeeping,
            a_session_expires_at_its_absolute_expiry_and_not_before
            a_session_expires_at_its_idle_expiry_and_not_before
            a_sighting_postpones_the_idle_expiry_but_not_the_absolute_one
            an_expired_session_is_not_brought_back_by_a_late_sighting
            a_session_signed_out_expires_by_its_new_lifetime
            each_expiry_is_in_the_log
            no_more_expire_at_a_time_than_allowed
            what_has_ended_does_not_expire
            an_ended_session_is_forgotten_after_its_end_and_not_at_it
            a_sealed_session_is_remembered_until_its_seal_is_over
            a_seal_may_outlast_the_session
            a_seal_that_is_over_keeps_nothing
            a_session_ended_with_all_of_its_subject_is_remembered_until_its_seal_is_over
            what_has_not_ended_is_not_forgotten
            no_more_are_forgotten_at_a_time_than_allowed
            expired_login_tokens_are_forgotten
            many_sessions_expire_and_are_forgotten_at_once
        );
        $crate::$each!(@group $given, roles,
            roles_are_granted_and_withdrawn_one_by_one
            grants_made_at_once_are_all_kept
            adding_a_role_that_is_there_leaves_its_rights
        );
        $crate::$each!(@group $given, users,
            a_user_is_found_by_login_by_address_and_by_id
            a_user_comes_back_with_everything_they_had
            a_key_belongs_to_a_user_as_what_it_is
            a_login_name_that_is_the_address_is_one_key
            a_login_name_is_taken_once
            an_address_is_taken_once
            a_login_name_cannot_be_anothers_address
            an_address_cannot_be_anothers_login_name
            when_both_are_taken_the_login_name_is_told
            a_refused_user_takes_nothing
            keys_that_look_alike_are_different_keys
            names_survive_in_any_script_and_at_full_length
            a_removed_user_is_gone_and_their_keys_are_free
            removing_a_user_removes_their_login_tokens_and_not_their_sessions
            a_new_password_moves_the_revision_on
            login_tokens_go_with_the_credentials
            a_new_hash_of_the_old_password_does_not
            disabling_and_enabling_move_the_revision_on
            a_new_profile_is_all_there_and_moves_the_revision_on
            an_expected_user_is_there_in_that_revision
            what_is_done_to_nobody_is_missing
            logins_are_noted_by_their_outcome
            an_earlier_login_noted_later_changes_nothing
            logins_of_nobody_are_no_conflict
        );
        $crate::$each!(@group $given, networks,
            a_network_is_known_to_whoever_logged_in_from_there
            networks_are_kept_as_they_are_noted
            networks_of_nobody_are_no_conflict
            networks_go_with_whom_they_are_of
            a_new_password_makes_every_network_a_strangers
            logins_at_once_make_each_network_known
        );
        $crate::$each!(@group $given, registry,
            the_shipped_roles_are_there
            a_role_is_added_and_replaced
            roles_are_found_by_name_in_order
            a_node_is_found_by_id_and_by_name
            a_node_comes_back_with_everything_it_had
            a_nodes_name_is_taken_once_and_free_when_it_is_removed
            new_secrets_move_the_revision_on
            an_expected_node_is_there_in_that_revision
            what_is_done_to_no_node_is_missing
            logins_of_nodes_are_noted
            a_client_is_found_by_digest_and_by_name
            an_operators_scopes_survive
            a_clients_name_is_taken_for_ever
            the_first_revocation_stays
            revoking_no_client_is_missing
            the_shipped_forms_are_there
            a_form_comes_back_with_everything_it_had
            a_form_is_replaced_and_removed
            lists_are_in_the_order_of_names
            names_compare_byte_for_byte
            a_login_token_is_spent_once
            a_login_token_comes_back_with_everything_it_had
            an_expired_login_token_is_found_until_it_is_forgotten
            digests_of_clients_and_login_tokens_compare_byte_for_byte
        );
        $crate::$each!(@group $given, replacing,
            a_role_is_replaced_by_whoever_read_it_as_it_is
            of_many_who_replace_a_role_at_once_one_does
            a_form_is_replaced_by_whoever_read_it_as_it_is
        );
        $crate::$each!(@group $given, log,
            a_fresh_log_is_empty
            messages_are_numbered_in_the_order_they_were_recorded
            pages_of_messages_join_without_gap_or_overlap
            every_kind_of_event_survives
            an_event_comes_back_with_everything_it_had
            messages_are_found_by_whom_they_are_about
            a_unit_that_fails_records_nothing
            what_a_unit_tells_of_the_log_is_its_newest_message
        );
        $crate::$each!(@group $given, installation,
            a_fresh_store_is_not_configured
            the_first_user_closes_the_latch
            the_latch_stays_closed_when_the_last_user_is_removed
            a_user_who_was_refused_does_not_close_the_latch
            a_store_answers
        );
        $crate::$each!(@group $given, units,
            an_empty_unit_is_no_conflict
            changes_are_applied_in_order
            whatever_fails_last_undoes_what_came_first
            a_unit_that_failed_can_be_tried_again
            a_reader_never_sees_half_a_unit
        );
        $crate::$each!(@group $given, dropped,
            a_dropped_commit_happens_wholly_or_not_at_all
            a_commit_dropped_at_any_await_tears_nothing
            what_was_acknowledged_stays_whatever_is_dropped_around_it
            a_dropped_read_answers_nobody_else
        );
        $crate::$each!(@group $given, races,
            one_of_many_gets_the_login_name
            a_login_name_and_an_address_race_for_one_key
            one_of_many_gets_the_clients_name
            one_of_many_gets_the_nodes_name
            one_of_many_spends_the_login_token
            one_of_many_ends_the_session
            one_of_many_saves_the_session
            one_of_many_begins_the_session
            an_end_is_final_whoever_touches_or_saves_meanwhile
            keys_that_are_looked_up_at_once_find_each_its_own
            messages_recorded_at_once_have_each_a_number
            units_at_once_tell_of_messages_that_are_there_and_not_older_than_their_own
            whoever_follows_the_log_misses_nothing
            two_sweepers_expire_each_session_once
        );
        $crate::$each!(@group $given, archive,
            a_fresh_store_holds_what_is_shipped_and_nothing_else
            what_was_committed_is_exported
            a_record_put_in_comes_back_with_everything_it_had
            pages_of_records_join_without_gap_or_overlap
            replacing_changes_what_is_within_the_span_and_nothing_else
            records_that_do_not_belong_in_a_span_are_refused
            what_is_taken_outside_of_the_span_is_a_conflict_and_nothing_is_written
            users_put_in_are_found_by_their_keys_and_removed_ones_are_not
            tokens_put_in_let_in
            a_session_put_in_is_live_or_ended_as_it_was
            the_next_message_is_numbered_after_all_that_were_put_in
            the_latch_closes_with_its_record_and_never_opens
            users_put_in_leave_the_latch_to_its_record
            two_thousand_records_are_replaced_at_once
        );
    };
}
