//! What one route takes and answers, told piece by piece.

use std::collections::BTreeMap;

use http::StatusCode;
use utoipa::{
    ToSchema,
    openapi::{
        Content, Header, Ref, RefOr, Required, Response, Schema, SecurityRequirement,
        path::{Operation, Parameter, ParameterIn},
        request_body::RequestBody,
        schema::{Object, ObjectBuilder, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{
    media_type::{JSON, MULTIPART, PROBLEM, URLENCODED},
    reply::Problem,
};

/// What every API answers any request with that does not arrive, or cannot be answered.
pub(crate) const ALWAYS: [(StatusCode, &str); 4] = [
    (StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive."),
    (StatusCode::PAYLOAD_TOO_LARGE, "The body is over 64 KiB."),
    (StatusCode::INTERNAL_SERVER_ERROR, "A defect; the log has it under the request's id."),
    (
        StatusCode::SERVICE_UNAVAILABLE,
        "The store is away, or the service has too much to do. `Retry-After` says when to ask again.",
    ),
];

/// What a body is encoded by where parameters are taken in any encoding.
const BODIES: [&str; 3] = [URLENCODED, MULTIPART, JSON];

/// What a text can be named in every one of those.
const NAME_OF_TEXT: &str = r#"^[^"\\\u0000-\u001f\u007f-\u009f]*$"#;

/// What a route takes and answers.
pub struct Description {
    pub(super) operation: Operation,
    pub(super) answers: BTreeMap<String, Response>,
    pub(super) schemas: BTreeMap<String, RefOr<Schema>>,
    pub(super) schemes: BTreeMap<&'static str, SecurityScheme>,
}

impl Description {
    /// Says what it does.
    pub fn new(summary: &str) -> Self {
        let mut operation = Operation::new();
        operation.summary = Some(summary.to_owned());
        Self { operation, answers: BTreeMap::new(), schemas: BTreeMap::new(), schemes: BTreeMap::new() }
            .answers::<Problem>(StatusCode::URI_TOO_LONG, PROBLEM, "The target is over 8 KiB.")
            // Mostly said before there is a request.
            .answers_bare(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "There are over 64 header fields, or 16 KiB of them.",
            )
    }

    /// Says more of it.
    #[must_use]
    pub fn detail(mut self, text: &str) -> Self {
        self.operation.description = Some(text.to_owned());
        self
    }

    /// A text that may be given there.
    #[must_use]
    pub fn takes(self, place: ParameterIn, name: &str, about: &str) -> Self {
        self.parameter(place, name, text(about).build(), Required::False)
    }

    /// A text that must be given there.
    #[must_use]
    pub fn needs(self, place: ParameterIn, name: &str, about: &str) -> Self {
        self.parameter(place, name, text(about).build(), Required::True)
    }

    fn parameter(mut self, place: ParameterIn, name: &str, mut schema: Object, required: Required) -> Self {
        let mut parameter = Parameter::new(name);
        parameter.parameter_in = place;
        parameter.description = schema.description.take();
        parameter.required = required;
        parameter.schema = Some(schema.into());
        self.operation.parameters.get_or_insert_default().push(parameter.into());
        self
    }

    /// [`text`]s that may be given in the query or in a body of any encoding.
    #[must_use]
    pub(crate) fn takes_anywhere<const N: usize>(mut self, name: &str, texts: [(&str, ObjectBuilder); N]) -> Self {
        // Names that no multipart body can have are no names.
        let name_of_text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(NAME_OF_TEXT));
        let mut object = ObjectBuilder::new().property_names(Some(name_of_text.build()));
        for (name, schema) in texts {
            let schema = schema.build();
            object = object.property(name, schema.clone());
            self = self.parameter(ParameterIn::Query, name, schema, Required::False);
        }
        self.schemas.insert(name.to_owned(), object.into());
        let schema = Ref::from_schema_name(name).into();
        self.body(&schema, &BODIES, Required::False)
    }

    /// A body that must be there, encoded by one of these.
    #[must_use]
    pub fn needs_body<T: ToSchema>(mut self, content_types: &[&str]) -> Self {
        let schema = self.schema::<T>();
        self.body(&schema, content_types, Required::True)
    }

    /// A body that may be there.
    #[must_use]
    pub fn takes_body<T: ToSchema>(mut self, content_types: &[&str]) -> Self {
        let schema = self.schema::<T>();
        self.body(&schema, content_types, Required::False)
    }

    fn body(mut self, schema: &RefOr<Schema>, content_types: &[&str], required: Required) -> Self {
        let mut body = RequestBody::new();
        body.required = Some(required);
        for content_type in content_types {
            body.content.insert((*content_type).to_owned(), RefOr::T(Content::new(Some(schema.clone()))));
        }
        self.operation.request_body = Some(body.into());
        self
    }

    /// Answers with nothing but a status.
    #[must_use]
    pub fn answers_bare(mut self, status: StatusCode, about: &str) -> Self {
        self.answer(status, about);
        self
    }

    /// Answers with a body.
    #[must_use]
    pub fn answers<T: ToSchema>(mut self, status: StatusCode, content_type: &str, about: &str) -> Self {
        let schema = self.schema::<T>();
        self.answers_as(status, content_type, about, schema)
    }

    /// Answers alike for several reasons.
    #[must_use]
    pub fn answers_each<T: ToSchema>(mut self, content_type: &str, answers: &[(StatusCode, &str)]) -> Self {
        for (status, about) in answers {
            self = self.answers::<T>(*status, content_type, about);
        }
        self
    }

    /// Answers with a body of which this is the schema.
    #[must_use]
    pub fn answers_as(
        mut self,
        status: StatusCode,
        content_type: &str,
        about: &str,
        schema: impl Into<RefOr<Schema>>,
    ) -> Self {
        let content = RefOr::T(Content::new(Some(schema)));
        self.answer(status, about).content.insert(content_type.to_owned(), content);
        self
    }

    /// The answers of that status have this header.
    #[must_use]
    pub fn with_header(mut self, status: StatusCode, name: &str, about: &str) -> Self {
        let mut schema = text(about).build();
        let about = schema.description.take();
        let mut header = Header::new(schema);
        header.description = about;
        self.answer(status, "").headers.insert(name.to_owned(), RefOr::T(header));
        self
    }

    /// An answer of one status for several reasons tells all of them.
    fn answer(&mut self, status: StatusCode, about: &str) -> &mut Response {
        let response = self.answers.entry(status.as_str().to_owned()).or_insert_with(|| Response::new(""));
        if !response.description.is_empty() && !about.is_empty() {
            response.description.push(' ');
        }
        response.description.push_str(about);
        response
    }

    /// Somebody shows who they are by this.
    #[must_use]
    pub fn shown_by(mut self, name: &'static str, scheme: SecurityScheme) -> Self {
        self.schemes.insert(name, scheme);
        self.operation.security.get_or_insert_default().push(SecurityRequirement::new(name, [""; 0]));
        self
    }

    /// Or by nothing.
    #[must_use]
    pub fn or_by_nothing(mut self) -> Self {
        self.operation.security.get_or_insert_default().push(SecurityRequirement::default());
        self
    }

    /// `Authorization: Bearer`.
    #[must_use]
    pub fn shown_by_bearer(self, name: &'static str, about: &str) -> Self {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about)).build();
        self.shown_by(name, SecurityScheme::Http(bearer))
    }

    /// A cookie of that name.
    #[must_use]
    pub fn shown_by_cookie(self, name: &'static str, cookie: &str, about: &str) -> Self {
        let key = ApiKeyValue::with_description(cookie, about);
        self.shown_by(name, SecurityScheme::ApiKey(ApiKey::Cookie(key)))
    }

    /// The schema of a type, which the document has from now on.
    #[must_use]
    pub fn with_schema<T: ToSchema>(mut self) -> Self {
        self.schema::<T>();
        self
    }

    fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let mut schemas = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut schemas);
        self.schemas.extend(schemas);
        reference::<T>()
    }
}

/// Refers to the schema of a type.
pub(crate) fn reference<T: ToSchema>() -> RefOr<Schema> {
    Ref::from_schema_name(T::name()).into()
}

/// A text that means this.
pub(crate) fn text(about: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(about))
}
