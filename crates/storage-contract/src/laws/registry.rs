//! Roles, nodes, clients, forms and login tokens.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_application::{change::Change, ports::Conflict};
use vestibule_domain::{
    client::{Client, ClientName, Scope},
    form::{FieldRules, FormAction, FormConfiguration, FormName, Pattern, shipped_forms},
    login_token::LoginToken,
    node::{Node, NodeName, NodeRef, NodeSecrets},
    rights::{Right, Role, RoleName, shipped_roles},
    secret::Digest,
    session::Subject,
};

use crate::{
    Store,
    fixtures::{at, client, digest, hash, login_token, node, node_id, secrets},
};

fn role(name: &str, rights: &[&str]) -> Role {
    let rights = rights.iter().map(|right| Right::parse(right).unwrap()).collect();
    Role { name: RoleName::parse(name).unwrap(), rights }
}

fn form(name: &str) -> FormConfiguration {
    let name = FormName::parse(name).unwrap();
    FormConfiguration { name, action: FormAction::Delete, fields: BTreeMap::new(), roles: BTreeSet::new() }
}

fn add_node(number: u128, name: &str) -> Change {
    Change::AddNode { node: node(number, name), secrets: secrets("s") }
}

fn add_client(number: u128, name: &str, byte: u8) -> Change {
    Change::AddClient { client: client(number, name), digest: digest(byte) }
}

async fn node_named(store: &Store, name: &str) -> Option<Node> {
    let name = NodeRef::Name(NodeName::parse(name).unwrap());
    store.nodes.find(&name).await.unwrap().map(|stored| stored.node)
}

async fn client_named(store: &Store, name: &str) -> Option<Client> {
    store.clients.by_name(&ClientName::parse(name).unwrap()).await.unwrap()
}

pub async fn the_shipped_roles_are_there(store: Store) {
    assert_eq!(store.roles.all().await.unwrap(), shipped_roles());
}

pub async fn a_role_is_added_and_replaced(store: Store) {
    for wanted in [role("b", &["x", "y"]), role("b", &["z"]), role("b", &[]), role("admin", &[])] {
        store.does([Change::PutRole(wanted.clone())]).await;
        assert_eq!(store.roles.named(std::slice::from_ref(&wanted.name)).await.unwrap(), [wanted]);
    }
    assert_eq!(store.roles.all().await.unwrap().len(), 3);
}

pub async fn roles_are_found_by_name_in_order(store: Store) {
    store.does([Change::PutRole(role("zoo", &["a"])), Change::PutRole(role("Admin", &["b"]))]).await;
    let names = ["zoo", "missing", "Admin", "zoo"].map(|name| RoleName::parse(name).unwrap());
    let found = store.roles.named(&names).await.unwrap();
    assert_eq!(found, [role("Admin", &["b"]), role("zoo", &["a"])]);
    assert_eq!(store.roles.named(&[]).await.unwrap(), []);
}

pub async fn a_node_is_found_by_id_and_by_name(store: Store) {
    store.does([add_node(1, "edge"), add_node(2, "core")]).await;
    assert_eq!(store.node(node_id(1)).await.unwrap().node, node(1, "edge"));
    assert_eq!(node_named(&store, "core").await, Some(node(2, "core")));
    assert!(store.node(node_id(3)).await.is_none());
    assert_eq!(node_named(&store, "rim").await, None);
}

pub async fn a_node_comes_back_with_everything_it_had(store: Store) {
    let full = Node { last_successful_login: Some(at(1)), last_failed_login: Some(at(2)), ..node(1, "edge") };
    let both = NodeSecrets { current: hash("new"), previous: Some((hash("old"), at(3))) };
    store.does([Change::AddNode { node: full.clone(), secrets: both }]).await;
    let stored = store.node(full.id).await.unwrap();
    assert_eq!((stored.node, stored.revision), (full, 0));
    assert_eq!(stored.secrets.current.expose(), "new");
    let (previous, until) = stored.secrets.previous.unwrap();
    assert_eq!((previous.expose(), until), ("old", at(3)));
}

pub async fn a_nodes_name_is_taken_once_and_free_when_it_is_removed(store: Store) {
    store.does([add_node(1, "edge")]).await;
    assert_eq!(store.conflict([add_node(2, "edge")]).await, Some(Conflict::NameTaken));
    assert!(store.node(node_id(2)).await.is_none());
    store.does([Change::RemoveNode { node: node_id(1) }]).await;
    assert!(store.node(node_id(1)).await.is_none());
    store.does([add_node(2, "edge")]).await;
}

pub async fn new_secrets_move_the_revision_on(store: Store) {
    store.does([add_node(1, "edge"), add_node(2, "core")]).await;
    let both = NodeSecrets { current: hash("new"), previous: Some((hash("s"), at(3))) };
    for (revision, secrets, previous) in [(1, both, Some("s")), (2, secrets("newest"), None)] {
        let current = secrets.current.expose().to_owned();
        store.does([Change::SetNodeSecrets { node: node_id(1), secrets }]).await;
        let stored = store.node(node_id(1)).await.unwrap();
        assert_eq!((stored.revision, stored.secrets.current.expose()), (revision, current.as_str()));
        assert_eq!(stored.secrets.previous.as_ref().map(|(hash, _)| hash.expose()), previous);
        assert_eq!(stored.node, node(1, "edge"));
    }
    let other = store.node(node_id(2)).await.unwrap();
    assert_eq!((other.revision, other.secrets.current.expose()), (0, "s"));
}

pub async fn an_expected_node_is_there_in_that_revision(store: Store) {
    store.does([add_node(1, "edge")]).await;
    let expect = |number, revision| [Change::ExpectNode { node: node_id(number), revision }];
    assert_eq!(store.conflict(expect(1, 0)).await, None);
    assert_eq!(store.conflict(expect(1, 1)).await, Some(Conflict::SubjectChanged));
    assert_eq!(store.conflict(expect(2, 0)).await, Some(Conflict::SubjectChanged));
    store.does([Change::SetNodeSecrets { node: node_id(1), secrets: secrets("t") }]).await;
    assert_eq!(store.conflict(expect(1, 0)).await, Some(Conflict::SubjectChanged));
    assert_eq!(store.conflict(expect(1, 1)).await, None);
}

pub async fn what_is_done_to_no_node_is_missing(store: Store) {
    let node = node_id(1);
    let set = Change::SetNodeSecrets { node, secrets: secrets("t") };
    assert_eq!(store.conflict([set]).await, Some(Conflict::Missing));
    assert_eq!(store.conflict([Change::RemoveNode { node }]).await, Some(Conflict::Missing));
}

pub async fn logins_of_nodes_are_noted(store: Store) {
    store.does([add_node(1, "edge"), add_node(2, "core")]).await;
    let subject = Subject::Node(node_id(1));
    for (millis, succeeded) in [(5, true), (4, false), (3, true)] {
        store.does([Change::RecordLogin { subject, at: at(millis), succeeded }]).await;
    }
    let noted = Node { last_successful_login: Some(at(5)), last_failed_login: Some(at(4)), ..node(1, "edge") };
    assert_eq!(store.node(node_id(1)).await.unwrap().node, noted);
    assert_eq!(node_named(&store, "core").await, Some(node(2, "core")));
}

pub async fn a_client_is_found_by_digest_and_by_name(store: Store) {
    let limited = Client { expires: Some(at(1)), revoked: Some(at(2)), ..client(2, "till") };
    store.does([add_client(1, "shop", 1), Change::AddClient { client: limited.clone(), digest: digest(2) }]).await;
    assert_eq!(store.clients.by_digest(&digest(1)).await.unwrap(), Some(client(1, "shop")));
    assert_eq!(store.clients.by_digest(&digest(2)).await.unwrap(), Some(limited.clone()));
    assert_eq!(client_named(&store, "till").await, Some(limited));
    assert_eq!(store.clients.by_digest(&digest(3)).await.unwrap(), None);
    assert_eq!(client_named(&store, "mall").await, None);
}

pub async fn an_operators_scopes_survive(store: Store) {
    let every: Vec<Client> = (1..)
        .zip(Scope::all())
        .map(|(number, scope)| Client { scopes: [scope].into(), ..client(number, &format!("ops-{number}")) })
        .collect();
    let all = Client { scopes: Scope::all().collect(), ..client(100, "all") };
    let operators = every.into_iter().chain([all]);
    for (byte, operator) in (1..).zip(operators) {
        store.does([Change::AddClient { client: operator.clone(), digest: digest(byte) }]).await;
        assert_eq!(store.clients.by_digest(&digest(byte)).await.unwrap(), Some(operator.clone()));
        assert_eq!(client_named(&store, operator.name.as_str()).await, Some(operator));
    }
}

pub async fn a_clients_name_is_taken_for_ever(store: Store) {
    store.does([add_client(1, "shop", 1)]).await;
    assert_eq!(store.conflict([add_client(2, "shop", 2)]).await, Some(Conflict::NameTaken));
    store.does([Change::RevokeClient { client: client(1, "shop").id, at: at(1) }]).await;
    assert_eq!(store.conflict([add_client(2, "shop", 2)]).await, Some(Conflict::NameTaken));
    assert_eq!(store.clients.by_digest(&digest(2)).await.unwrap(), None);
}

pub async fn the_first_revocation_stays(store: Store) {
    store.does([add_client(1, "shop", 1), add_client(2, "till", 2)]).await;
    for millis in [5, 9, 1] {
        store.does([Change::RevokeClient { client: client(1, "shop").id, at: at(millis) }]).await;
        let revoked = Client { revoked: Some(at(5)), ..client(1, "shop") };
        assert_eq!(store.clients.by_digest(&digest(1)).await.unwrap(), Some(revoked));
    }
    assert_eq!(client_named(&store, "till").await, Some(client(2, "till")));
}

pub async fn revoking_no_client_is_missing(store: Store) {
    let revoke = Change::RevokeClient { client: client(1, "shop").id, at: at(1) };
    assert_eq!(store.conflict([revoke]).await, Some(Conflict::Missing));
}

pub async fn the_shipped_forms_are_there(store: Store) {
    let mut shipped = shipped_forms();
    shipped.sort_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(store.forms.all().await.unwrap(), shipped);
}

pub async fn a_form_comes_back_with_everything_it_had(store: Store) {
    let strict = FieldRules {
        required: true,
        min_length: Some(0),
        max_length: Some(usize::MAX >> 1),
        email: true,
        pattern: Some(Pattern::parse(r#"^"\\ź\d{3}'$"#).unwrap()),
    };
    let fields = BTreeMap::from([("e-mail \"ł\"".to_owned(), strict), (String::new(), FieldRules::default())]);
    let roles = BTreeSet::from([RoleName::admin(), RoleName::node()]);
    for action in [FormAction::Create, FormAction::Delete] {
        let wanted = FormConfiguration { action, fields: fields.clone(), roles: roles.clone(), ..form("full") };
        store.does([Change::PutForm(wanted.clone())]).await;
        assert_eq!(store.forms.by_name(&wanted.name).await.unwrap(), Some(wanted));
    }
}

pub async fn a_form_is_replaced_and_removed(store: Store) {
    let first = FormConfiguration { roles: BTreeSet::from([RoleName::admin()]), ..form("f") };
    for wanted in [first, form("f")] {
        store.does([Change::PutForm(wanted.clone())]).await;
        assert_eq!(store.forms.by_name(&wanted.name).await.unwrap(), Some(wanted));
    }
    let remove = || [Change::RemoveForm(form("f").name)];
    store.does(remove()).await;
    assert_eq!(store.forms.by_name(&form("f").name).await.unwrap(), None);
    assert_eq!(store.conflict(remove()).await, Some(Conflict::Missing));
}

pub async fn lists_are_in_the_order_of_names(store: Store) {
    // Bytes order these otherwise than people's alphabets do.
    let names = ["b", "B", "a-b", "a.b", "a_b", "ab", "10", "9", "Z"];
    let sorted = BTreeSet::from(names);
    for (number, name) in (1..).zip(names) {
        store.does([add_node(number, name), Change::PutRole(role(name, &[])), Change::PutForm(form(name))]).await;
        store.does([add_client(number, name, u8::try_from(number).unwrap())]).await;
    }
    let nodes = store.nodes.all().await.unwrap();
    assert!(nodes.iter().map(|node| node.name.as_str()).eq(sorted.iter().copied()));
    let clients = store.clients.all().await.unwrap();
    assert!(clients.iter().map(|client| client.name.as_str()).eq(sorted.iter().copied()));
    assert!(store.roles.all().await.unwrap().is_sorted_by_key(|role| role.name.clone()));
    assert!(store.forms.all().await.unwrap().is_sorted_by_key(|form| form.name.clone()));
}

pub async fn names_compare_byte_for_byte(store: Store) {
    for (number, name) in [(1, "edge"), (2, "Edge"), (3, "edge_"), (4, "edge.")] {
        store.does([add_node(number, name), Change::PutForm(form(name))]).await;
        store.does([add_client(number, name, u8::try_from(number).unwrap())]).await;
    }
    assert_eq!(node_named(&store, "Edge").await, Some(node(2, "Edge")));
    assert_eq!(client_named(&store, "edge_").await, Some(client(3, "edge_")));
    assert_eq!(client_named(&store, "EDGE").await, None);
    assert_eq!(store.forms.by_name(&form("EDGE").name).await.unwrap(), None);
}

pub async fn a_login_token_is_spent_once(store: Store) {
    store.does([1, 2].map(|byte| Change::AddLoginToken(login_token(byte, 1)))).await;
    let spend = |byte| [Change::SpendLoginToken(digest(byte))];
    assert_eq!(store.conflict(spend(3)).await, Some(Conflict::TokenSpent));
    assert_eq!(store.conflict(spend(1)).await, None);
    assert_eq!(store.login_tokens.by_digest(&digest(1)).await.unwrap(), None);
    assert_eq!(store.conflict(spend(1)).await, Some(Conflict::TokenSpent));
    assert_eq!(store.login_tokens.by_digest(&digest(2)).await.unwrap(), Some(login_token(2, 1)));
}

pub async fn a_login_token_comes_back_with_everything_it_had(store: Store) {
    let token = LoginToken { issued: at(-5), expires: at(7), ..login_token(1, u128::MAX) };
    store.does([Change::AddLoginToken(token)]).await;
    assert_eq!(store.login_tokens.by_digest(&digest(1)).await.unwrap(), Some(token));
    assert_eq!(store.login_tokens.by_digest(&digest(2)).await.unwrap(), None);
}

pub async fn an_expired_login_token_is_found_until_it_is_forgotten(store: Store) {
    let token = login_token(1, 1);
    store.does([Change::AddLoginToken(token)]).await;
    store.housekeeping.forget(token.expires, 10).await.unwrap();
    assert_eq!(store.login_tokens.by_digest(&digest(1)).await.unwrap(), Some(token));
    assert_eq!(store.conflict([Change::SpendLoginToken(digest(1))]).await, None, "when is not the store's to ask");
}

pub async fn digests_of_clients_and_login_tokens_compare_byte_for_byte(store: Store) {
    // The same as of sessions' digests.
    let mut ends_in_spaces = [0; 32];
    ends_in_spaces[16..].fill(0x20);
    let alike = [0x00, 0x20, 0x41, 0x61, 0x80, 0xff].map(digest).into_iter();
    let all: Vec<Digest> = alike.chain([Digest::new(ends_in_spaces)]).collect();
    for (number, digest) in (1..).zip(all.clone()) {
        let token = LoginToken { digest, ..login_token(1, number) };
        let client = client(number, &format!("n{number}"));
        store.does([Change::AddClient { client, digest }, Change::AddLoginToken(token)]).await;
    }
    for (number, digest) in (1..).zip(all) {
        let token = store.login_tokens.by_digest(&digest).await.unwrap();
        assert_eq!(token, Some(LoginToken { digest, ..login_token(1, number) }));
        let found = store.clients.by_digest(&digest).await.unwrap();
        assert_eq!(found, Some(client(number, &format!("n{number}"))));
    }
}
