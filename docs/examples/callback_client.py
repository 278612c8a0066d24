"""Chat on the callback channel from a terminal.  Needs nothing but Python.

    python callback_client.py http://127.0.0.1:8080 my-app cb_TOKEN whsec_SECRET 9000

First: bot callback add my-app --url http://127.0.0.1:9000/
"""

import hashlib
import hmac
import json
import sys
import threading
import time
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

base, name, token, secret, port = sys.argv[1:6]
seen = set()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):  # what the bot and the agents say comes here
        body = self.rfile.read(int(self.headers["Content-Length"]))
        t, v1 = (part.split("=", 1)[1] for part in self.headers["X-Kuaida-Signature"].split(","))
        wanted = hmac.new(secret.encode(), f"{t}.".encode() + body, hashlib.sha256).hexdigest()
        genuine = hmac.compare_digest(wanted, v1) and abs(time.time() - int(t)) < 300
        self.send_response(204 if genuine else 401)
        self.end_headers()
        event = json.loads(body) if genuine else {"type": "", "id": ""}
        if event["type"] == "message" and event["id"] not in seen:  # a repeated POST has the same id
            seen.add(event["id"])
            print(f"{event['message']['author']}: {event['message']['text']}", flush=True)

    def log_message(self, *_):
        pass


threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver).serve_forever, daemon=True).start()
for line in sys.stdin:  # what the customer says goes there
    said = {"contact": {"id": "terminal"}, "message": {"id": str(uuid.uuid4()), "text": line.strip()}}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    url = f"{base}/api/v1/channels/{name}/messages"
    request = urllib.request.Request(url, json.dumps(said).encode(), headers)  # noqa: S310
    urllib.request.urlopen(request)  # noqa: S310
    time.sleep(0.2)
time.sleep(5)  # for the last answer
