"""Requests made as openapi.yaml says, and answers held against it."""
import dataclasses
import json
import urllib.error
import urllib.parse
import urllib.request

from openapi_schema_validator import OAS30WriteValidator

import document as doc

JSON = "application/json"


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirects)


@dataclasses.dataclass
class Answer:
    status: int
    headers: object
    text: str
    json: object

    def __getitem__(self, name):
        return self.json[name]

    def failed(self):
        return self.status >= 400 or (isinstance(self.json, dict) and self.json.get("error") is not None)


def send(url, method, body=None, headers=None):
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with OPENER.open(request, timeout=30) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def typed(schema, text):
    """The value that a parameter's text stands for; the text itself when it stands for none."""
    if schema["type"] == "integer" and text.lstrip("-").isdigit():
        return int(text)
    if schema["type"] == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


class Talk:
    def __init__(self, document, url, cluster):
        self.document = document
        self.url = url
        self.cluster = cluster
        self.succeeded = set()  # operationIds
        self.failed = set()
        self.seen = set()       # "Schema.property" that was there and not null

    def request(self, operation, parameters, body, kind):
        """(url without the host, body, headers)."""
        unknown = parameters.keys() - operation.names()
        assert not unknown, f"{operation}: openapi.yaml does not know {unknown}"
        path, query, form = operation.path, {}, {}
        for name, value in parameters.items():
            node = operation.parameters.get(name)
            if node is None:
                form[name] = value
            elif node["in"] == "path":
                path = path.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
            else:
                query[name] = value
        if query:
            path += "?" + urllib.parse.urlencode(query)
        if body is not None:
            assert kind in operation.bodies, f"{operation}: openapi.yaml does not know a body of {kind}"
            return path, body if isinstance(body, bytes) else json.dumps(body).encode(), {"Content-Type": kind}
        if operation.method == "POST":
            return path, urllib.parse.urlencode(form).encode(), {"Content-Type": doc.FORM}
        return path, None, {}

    def ask(self, operation_id, expect=200, fails=None, url=None, body=None, kind=JSON, headers=None, **parameters):
        """Makes the request, adding cluster_name unless it is given (None leaves it out), and checks the answer.

        expect  the HTTP status
        fails   whether it must be a failure; by default when the status says so
        """
        operation = self.document.operations[operation_id]
        if "cluster_name" in operation.names() and "cluster_name" not in parameters:
            parameters["cluster_name"] = self.cluster
        parameters = {name: str(value) for name, value in parameters.items() if value is not None}
        target, data, sent = self.request(operation, parameters, body, kind)
        answer = self.check(operation, *send((url or self.url) + target, operation.method, data, {**sent, **(headers or {})}))
        assert answer.status == expect, f"{operation}: {answer.status} {answer.text[:500]}"
        failure = expect >= 400 if fails is None else fails
        assert answer.failed() == failure, f"{operation}: {answer.text[:500]}"
        if not answer.failed():
            self.check_parameters(operation, parameters)
        return answer

    def check(self, operation, status, headers, body):
        """The answer, after holding status, content type and body against the document."""
        text = body.decode("utf-8")
        kinds = operation.responses.get(status)
        assert kinds is not None, f"{operation}: status {status} is not described: {text[:500]}"
        kind = headers.get("Content-Type")
        assert kind in kinds, f"{operation}: content type {kind} of status {status} is not described"
        answer = Answer(status, headers, text, None)
        if kind == JSON:
            answer.json = json.loads(text)
            wrong = doc.problems(kinds[kind], answer.json)
            assert not wrong, f"{operation}, status {status}: {wrong}\n{text[:2000]}"
            self.seen |= doc.seen(kinds[kind], answer.json)
            base = {key: answer.json[key] for key in ("error", "errorType", "exceptionType") if key in answer.json}
            assert len({value is None for value in base.values()}) <= 1, f"{operation}: {base}"
        (self.failed if answer.failed() else self.succeeded).add(operation.id)
        return answer

    def check_parameters(self, operation, parameters):
        """What succeeded must be allowed by the document, or it is too narrow."""
        for name, text in parameters.items():
            schema = operation.parameters[name]["schema"] if name in operation.parameters else operation.form[name]
            wrong = [error.message for error in OAS30WriteValidator(schema).iter_errors(typed(schema, text))]
            assert not wrong, f"{operation}: parameter {name}={text} succeeded, though openapi.yaml forbids it: {wrong}"
