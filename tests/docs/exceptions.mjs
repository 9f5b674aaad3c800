// The commands in the documents that tests/docs does not run, and why. Each stands in its document, and is named by
// its first line.

const build = 'it builds or tests, as tests/run does';
const packages = 'it takes the package of another build; "tests/run package" does it';
const alertmanager = 'it takes Alertmanager; "tests/run clients" sends its alerts';
const container = 'it takes a builder of containers';

export const exceptions = [
	['README.md', './config/quickstart', build],
	['README.md', './tests/run', build],
	['docs/CONTRIBUTING.md', 'config/dependencies build page test', build],
	['docs/CONTRIBUTING.md', 'ctest --test-dir build/asan -R message', build],
	['docs/CONTRIBUTING.md', 'tests/run', build],
	['docs/CONTRIBUTING.md', 'cmake --preset fuzz', build],
	['docs/CONTRIBUTING.md', 'node --test tests/page/history.test.mjs', build],
	['docs/OPERATIONS.md', 'config/dependencies build page package', build],
	['docs/OPERATIONS.md', 'config/page/fetch', build],
	['docs/OPERATIONS.md', 'docker compose -f config/container/compose.yaml up -d --build', container],
	['docs/OPERATIONS.md', 'podman kill --signal HUP linnet', container],
	['docs/OPERATIONS.md', 'apt purge linnet', packages],
	['docs/OPERATIONS.md', 'apt install ./linnet_*.deb', packages],
	['docs/OPERATIONS.md', 'DEBIAN_FRONTEND=noninteractive apt-get -y -o Dpkg::Options::=--force-confold install ./linnet_*.deb', packages],
	['docs/OPERATIONS.md', `sqlite3 linnet.db "UPDATE meta SET value=lower(hex(randomblob(6))) WHERE name='epoch'"`, 'the history must be one of version 0.1'],
	['docs/OPERATIONS.md', 'systemd-analyze security linnetd.service', 'systemd must run; tests/run lint checks the units'],
	['docs/OPERATIONS.md', 'tests/run proxies', build],
	['docs/OPERATIONS.md', 'ssh -L 2020:127.0.0.1:2020 HOST', 'it takes another machine'],
	['docs/OPERATIONS.md', 'fail2ban-client status linnetd', 'it takes fail2ban; tests/e2e/fail2ban.test.mjs checks the filter'],
	['docs/OPERATIONS.md', 'openssl pkey -in locked.pem -out key.pem', 'it asks for a password'],
	['docs/PROGRAMS.md', 'amtool check-config /etc/prometheus/alertmanager.yml', alertmanager],
	['docs/PROGRAMS.md', "amtool --alertmanager.url http://127.0.0.1:9093 alert add HighLoad severity=warning instance=web1 --annotation=summary='Load 12'", alertmanager],
	['docs/QUICKSTART.md', 'apt install ./linnet_*.deb certbot', packages],
	['docs/QUICKSTART.md', 'cp /usr/share/doc/linnet/examples/proxy/Caddyfile /etc/caddy/Caddyfile', 'Caddy; "tests/run proxies" tests the file'],
	['docs/SECURITY.md', 'apt show linnet', packages],
].map(([document, command, why]) => ({ document, command, why }));
