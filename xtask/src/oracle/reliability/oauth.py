#!/usr/bin/env python3
"""An authorization server as small as flips.py needs one: RFC 8414 metadata, RFC 7591 registration, RFC 7592 reading, and how
many clients it made at /count. Keeps nothing.
"""
import json, secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 18901
BASE = f"http://127.0.0.1:{PORT}"
clients = {}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path.startswith("/.well-known/"):
            self.answer(200, {"issuer": BASE, "registration_endpoint": BASE + "/register", "token_endpoint": BASE + "/token",
                              "authorization_endpoint": BASE + "/authorize", "response_types_supported": ["code"]})
        elif self.path == "/count":
            self.answer(200, {"n": len(clients)})
        elif self.path.startswith("/clients/"):
            client = clients.get(self.path.rsplit("/", 1)[1])
            given = self.headers.get("Authorization", "")
            if client and given == "Bearer " + client["registration_access_token"]:
                self.answer(200, client)
            else:
                self.answer(401, {"error": "invalid_token"})
        else:
            self.answer(404, {})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path != "/register":
            return self.answer(404, {})
        name = secrets.token_hex(8)
        clients[name] = {**asked, "client_id": name, "client_secret": secrets.token_hex(16), "client_secret_expires_at": 0,
                         "registration_access_token": secrets.token_hex(16), "registration_client_uri": f"{BASE}/clients/{name}"}
        self.answer(201, clients[name])


ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
