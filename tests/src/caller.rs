//! A client of one service.

use reqwest::{Client, Method, Request, RequestBuilder, Response, header::HeaderMap, redirect::Policy};
use serde_json::Value;

/// Sends requests to one service. Follows no redirect, keeps no cookie.
#[derive(Clone)]
pub struct Caller {
    url: String,
    http: Client,
}

impl Caller {
    /// A client of the service at this URL, which has no path.
    pub fn new(url: String) -> Self {
        Self { url, http: Client::builder().redirect(Policy::none()).no_proxy().build().unwrap() }
    }

    /// A client of the same service, with connections of its own.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::new(self.url.clone())
    }

    /// Host and port of the service.
    pub fn authority(&self) -> &str {
        self.url.split_once("://").map_or(&self.url, |(_, authority)| authority)
    }

    /// A request to be completed and sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends a JSON text.
    pub async fn post_json(&self, path: &str, body: impl ToString) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    /// Sends a form.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.request(Method::POST, path).form(fields)).await
    }

    /// Sends a request that is complete, and waits for the whole answer.
    pub async fn execute(&self, request: Request) -> Answer {
        Answer::receive(self.http.execute(request).await.unwrap()).await.unwrap()
    }

    /// Sends a request and waits for the whole answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sends a request, and leaves reading its answer, which may go on, to the caller.
    pub async fn open(&self, request: RequestBuilder) -> Response {
        request.send().await.unwrap()
    }

    /// The same, if the answer comes; otherwise why not.
    pub async fn try_send(&self, request: RequestBuilder) -> Result<Answer, String> {
        let received = async { Answer::receive(request.send().await?).await };
        received.await.map_err(|error: reqwest::Error| format!("{error:?}"))
    }
}

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Answer {
    async fn receive(response: Response) -> reqwest::Result<Self> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Self { status, headers, body: response.text().await? })
    }

    /// A header's value, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of a cookie that is set; nothing if it is not, empty if it is cleared.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
        let mut pairs = lines.filter_map(|line| line.split(';').next()?.split_once('='));
        pairs.find(|(given, _)| *given == name).map(|(_, value)| value.to_owned())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// A text in the body, by JSON pointer.
    pub fn text(&self, pointer: &str) -> String {
        let json = self.json();
        let found = json.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no text at {pointer} in {}", self.body)).to_owned()
    }
}
