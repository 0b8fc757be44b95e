"""An SMTP server by aiosmtpd, for the tests: what it takes goes to standard output,
one JSON object a line. Recipients by their names are refused in various ways."""
import asyncio, base64, json, ssl, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])
REFUSALS = {
    "gone": "550 5.1.1 no such user here",
    "old": "550 no mailbox by that name is available",
    "relay": "550 relaying denied",
    "policy": "550 5.7.1 rejected by policy",
    "full": "452 4.2.2 mailbox full, try later",
    "busy": "451 4.3.0 try again later",
}


def say(**event):
    print(json.dumps(event), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        local = address.split("@")[0]
        if local in REFUSALS:
            return REFUSALS[local]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        locals_ = [a.split("@")[0] for a in envelope.rcpt_tos]
        if "later" in locals_:
            return "451 4.7.1 greylisted, try again"
        if "never" in locals_:
            return "554 5.6.0 this mail is not liked"
        if "hang" in locals_:
            say(event="hanging")
            await asyncio.sleep(600)
        say(event="mail", sender=envelope.mail_from, recipients=envelope.rcpt_tos, tls=session.ssl is not None or bool(options.get("implicit")),
            user=session.auth_data, data=base64.b64encode(envelope.content).decode())
        return "250 OK queued"


def authenticate(server, session, envelope, mechanism, data):
    if data.login == b"app" and data.password == b"correct horse":
        return AuthResult(success=True, auth_data="app")
    return AuthResult(success=False, handled=False)


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(options["cert"], options["key"])


class Server(Controller):
    def _create_server(self):
        async def listen():  # on a port that is free, which a number chosen before may not be
            server = await self.loop.create_server(self._factory_invoker, host=self.hostname, port=0, ssl=self.ssl_context)
            self.port = server.sockets[0].getsockname()[1]
            return server

        return listen()

    def factory(self):
        return SMTP(self.handler, hostname="mail.test", tls_context=context if options.get("starttls") else None,
                    require_starttls=bool(options.get("starttls")), authenticator=authenticate if options.get("auth") else None,
                    auth_required=bool(options.get("auth")), auth_require_tls=not options.get("clearauth") and not options.get("implicit"),
                    enable_SMTPUTF8=bool(options.get("utf8")))


server = Server(Handler(), hostname="127.0.0.1", ready_timeout=60, ssl_context=context if options.get("implicit") else None)
server.start()
say(event="ready", port=server.port)
sys.stdin.read()  # until the test is over
server.stop()
