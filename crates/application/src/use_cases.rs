//! One module for each operation: `Command`, `Outcome`, `Error`, `UseCase`, in this order.

pub mod authenticate_session;
pub mod change_password;
pub mod check_status;
pub mod describe_session;
pub mod describe_user;
pub mod disclose;
pub mod end_session;
pub mod end_session_by_form;
pub mod introspect_session;
pub mod log_in;
pub mod log_in_by_form;
pub mod log_in_with_token;
pub mod register;
pub mod reset_password;
pub mod sign_out;
pub mod start_session;
pub mod verify_session;
