// A server of rooms on uWebSockets: its publish and subscribe.
//
//     uws PING_S [CERTIFICATE KEY]
#include <cstdio>
#include <cstdlib>
#include <string>

#include "App.h"

struct data {
	std::string room;
};

template <bool TLS>
static void
serve(uWS::TemplatedApp<TLS> &&app, unsigned short idle_s)
{
	app.template ws<data>("/ws",
		{ .compression = uWS::DISABLED,
			.maxPayloadLength = 64 * 1024,
			.idleTimeout = idle_s,
			.maxBackpressure = 64 * 1024 * 1024,
			.upgrade =
				[](auto *response, auto *request, auto *context) {
					response->template upgrade<data>(
						{ std::string(
							request->getQuery("room")) },
						request->getHeader("sec-websocket-key"),
						"", "", context);
				},
			.open = [](auto *ws) { ws->subscribe(ws->getUserData()->room); },
			.message =
				[](auto *ws, std::string_view text, uWS::OpCode code) {
					ws->publish(ws->getUserData()->room, text, code);
				} });
	app.listen("127.0.0.1", 0, [](auto *socket) {
		printf("ready %d\n", us_socket_local_port(TLS, (us_socket_t *)socket));
		fflush(stdout);
	});
	app.run();
}

int
main(int argc, char **argv)
{
	// It pings 4 s before a connection counts as idle, and takes at most 960 s.
	int idle_s = atoi(argv[1]) + 4;

	if (argc > 2)
		serve<true>(uWS::SSLApp({ .key_file_name = argv[3],
				    .cert_file_name = argv[2] }),
			(unsigned short)idle_s);
	else
		serve<false>(uWS::App(), (unsigned short)idle_s);
}
