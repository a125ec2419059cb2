// Which application is meant is told here: a request of the file has one header, and that names the session.
module.exports = (request, _response, next) => {
  request.headers["x-parse-application-id"] ??= "bench";
  next();
};
