# What an installed system has beside the program, and the Debian package of all of it:
#     cmake --preset package && cmake --build build/package && (cd build/package && cpack)
set(BINDIR ${CMAKE_INSTALL_FULL_SBINDIR})
configure_file(config/systemd/linnetd.service.in ${CMAKE_BINARY_DIR}/linnetd.service @ONLY)

install(FILES ${CMAKE_BINARY_DIR}/linnetd.service
	config/systemd/linnetd-http.socket config/systemd/linnetd-line.socket
	DESTINATION lib/systemd/system)
install(FILES config/systemd/linnet.sysusers
	DESTINATION lib/sysusers.d RENAME linnet.conf)
# The sample with all defaults, but for two: an installed daemon may be behind a proxy, so
# being on this machine is no right, and config/debian/postinst writes tokens instead.
file(READ config/linnet.cfg installed_config)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS config/linnet.cfg)
set(own_tokens [[tokens = (
		{ name = "push"; token_file = "/etc/linnet/push.token"; },
		{ name = "admin"; token_file = "/etc/linnet/admin.token"; admin = true; }
	);]])
function(change_line from to)
	string(FIND "${installed_config}" "\t${from}\n" found)
	if(found EQUAL -1)
		message(FATAL_ERROR "config/linnet.cfg lacks the line: ${from}")
	endif()
	string(REPLACE "\t${from}\n" "\t${to}\n" changed "${installed_config}")
	set(installed_config "${changed}" PARENT_SCOPE)
endfunction()
change_line([[trust_loopback = true;]] [[trust_loopback = false;]])
change_line([[tokens = ( );]] "${own_tokens}")
file(WRITE ${CMAKE_BINARY_DIR}/linnet.cfg "${installed_config}")
# Where linnetd looks for it, whatever the prefix.
install(FILES ${CMAKE_BINARY_DIR}/linnet.cfg DESTINATION /etc/linnet)
install(FILES config/fail2ban/filter.d/linnetd.conf DESTINATION /etc/fail2ban/filter.d)
install(FILES config/fail2ban/jail.d/linnetd.conf DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples/fail2ban)
install(DIRECTORY config/systemd/drop-ins config/proxy config/fail2ban
	DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES config/grafana-dashboard.json config/prometheus-rules.yml
	DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
# The hook that gives linnetd the certificates of certbot.
install(PROGRAMS config/certbot/linnet-deploy DESTINATION ${CMAKE_INSTALL_DATADIR}/linnet)
install(FILES config/debian/copyright ${CMAKE_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md docs/CHANGELOG.md docs/OPERATIONS.md docs/PROGRAMS.md
	docs/PROTOCOL.md docs/QUICKSTART.md docs/SECURITY.md
	DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "Linnet <linnet@example.org>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The loop of libwebsockets is loaded when the program starts.
set(CPACK_DEBIAN_PACKAGE_DEPENDS
	"libwebsockets-evlib-ev, init-system-helpers (>= 1.54), systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "chat and push server for browsers, terminals and programs
One room behind every door: browsers on the bundled page, WebSocket clients,
nc and telnet, event streams, long-polls and HTTP pushes see the same messages
in the same order, and nothing is lost over a reconnect or a restart.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
	${CMAKE_SOURCE_DIR}/config/debian/conffiles
	${CMAKE_SOURCE_DIR}/config/debian/postinst
	${CMAKE_SOURCE_DIR}/config/debian/prerm
	${CMAKE_SOURCE_DIR}/config/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
include(CPack)
