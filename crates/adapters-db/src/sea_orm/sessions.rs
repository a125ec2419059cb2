//! Sessions: reads and writes.

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, Insert,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Set, UpdateMany,
    sea_query::{CaseStatement, Expr},
};
use vestibule_application::ports::{CommitError, Conflict, SessionFilter, SessionStore, StoreError};
use vestibule_domain::{
    secret::Digest,
    session::{Ending, Session, SessionId, Subject},
    time::Timestamp,
};

use super::{
    SeaOrmStore,
    entities::session::{self, ActiveModel, Column, Entity},
    mapping::{all, by_column, digest, digest_column, first, met, padded, subject_columns, update},
    reader::Found,
};

/// The most ids in one statement: far below every database's limit on parameters.
pub(super) const BATCH: usize = 500;

/// The most sessions that one statement says the times of: for each of them the database goes through half of them.
const SIGHTINGS: usize = 100;

#[async_trait]
impl SessionStore for SeaOrmStore {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        self.shared.sessions.read(*digest).await
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        first(&self.reads, Entity::find_by_id(id.as_uuid())).await
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        let page = Entity::find()
            .apply_if(filter.subject, |rows, subject| rows.filter(is_of(subject)))
            .apply_if(filter.live_at, |rows, at| rows.filter(Column::OverFrom.gt(at.as_millis())))
            .apply_if(filter.after, |rows, after| rows.filter(Column::Id.gt(after.as_uuid())))
            .order_by_asc(Column::Id)
            .limit(u64::from(filter.limit));
        all(&self.reads, page).await
    }
}

/// The sessions of tokens with these digests.
pub(super) async fn of(db: DatabaseConnection, digests: Vec<Digest>) -> Result<Found<Digest, Session>, DbErr> {
    let digests = padded(digests.iter().map(digest_column).collect());
    let found = by_column(&db, Entity::find().filter(Column::Digest.is_in(digests)), Column::Digest).await?;
    Ok(found.into_iter().filter_map(|(column, session)| Some((digest(column)?, session))).collect())
}

fn is_of(subject: Subject) -> Condition {
    let (kind, id) = subject_columns(subject);
    let id = id.map_or_else(|| Column::SubjectId.is_null(), |id| Column::SubjectId.eq(id));
    Condition::all().add(Column::SubjectKind.eq(kind)).add(id)
}

/// Inserts a session.
pub(super) fn beginning(session: &Session, digest: &Digest) -> Insert<ActiveModel> {
    Entity::insert(ActiveModel { digest: Set(digest_column(digest)), ..session::row(session) })
}

pub(super) async fn save(
    tx: &DatabaseTransaction,
    mut session: Session,
    expected_epoch: u32,
) -> Result<(), CommitError> {
    let unchanged = Condition::all()
        .add(Column::Id.eq(session.id.as_uuid()))
        .add(Column::Ended.is_null())
        .add(Column::Epoch.eq(i64::from(expected_epoch)));
    let stored = first(tx, Entity::find().filter(unchanged.clone()).lock_exclusive()).await?.ok_or(Conflict::Stale)?;
    session.last_seen = session.last_seen.max(stored.last_seen);
    let saved = update(tx, Entity::update_many().set(session::row(&session)).filter(unchanged)).await?;
    met(saved, Conflict::Stale)
}

pub(super) async fn end(tx: &DatabaseTransaction, id: SessionId, ending: Ending) -> Result<(), CommitError> {
    let ended = update(tx, ending_rows(ending).filter(Column::Id.eq(id.as_uuid()))).await?;
    met(ended, Conflict::Stale)
}

pub(super) async fn end_all_of(tx: &DatabaseTransaction, subject: Subject, ending: Ending) -> Result<(), CommitError> {
    update(tx, ending_rows(ending).filter(is_of(subject))).await?;
    Ok(())
}

/// Ends sessions that have not ended; a filter says which.
pub(super) fn ending_rows(ending: Ending) -> UpdateMany<Entity> {
    let at = ending.at.as_millis();
    let sealed = Expr::col(Column::SealedUntil);
    let forgettable = CaseStatement::new().case(sealed.clone().gt(at), sealed).finally(at);
    Entity::update_many()
        .col_expr(Column::Ended, at.into())
        .col_expr(Column::EndReason, ending.reason.as_str().into())
        .col_expr(Column::OverFrom, None::<i64>.into())
        .col_expr(Column::ForgettableFrom, forgettable.into())
        .filter(Column::Ended.is_null())
}

pub(super) async fn touch(tx: &DatabaseTransaction, seen: &[(SessionId, Timestamp)]) -> Result<(), CommitError> {
    for batch in seen.chunks(SIGHTINGS) {
        let ids = batch.iter().map(|(id, _)| id.as_uuid());
        let unended = Entity::find().filter(Column::Id.is_in(ids)).filter(Column::Ended.is_null());
        // Whoever locks several locks them in one order, so that no two wait for each other.
        let mut later = all(tx, unended.order_by_asc(Column::Id).lock_exclusive()).await?;
        later.retain_mut(|session| {
            let times = batch.iter().filter(|(id, _)| *id == session.id).map(|(_, at)| *at);
            let before = session.last_seen;
            session.last_seen = times.fold(before, Timestamp::max);
            session.last_seen > before
        });
        if later.is_empty() {
            continue;
        }
        let (mut last_seen, mut over_from) = (CaseStatement::new(), CaseStatement::new());
        for session in &later {
            let is_this = || Column::Id.eq(session.id.as_uuid());
            last_seen = last_seen.case(is_this(), session.last_seen.as_millis());
            over_from = over_from.case(is_this(), session::over_from(session));
        }
        let touched = Entity::update_many()
            .col_expr(Column::LastSeen, last_seen.into())
            .col_expr(Column::OverFrom, over_from.into())
            .filter(Column::Id.is_in(later.iter().map(|session| session.id.as_uuid())));
        update(tx, touched).await?;
    }
    Ok(())
}
