# What an installed system has beside the program, and the Debian package of all of it:
#     config/dependencies build page package
#     cmake --preset package && cmake --build build/package && (cd build/package && cpack)
set(BINDIR ${CMAKE_INSTALL_FULL_SBINDIR})
configure_file(config/systemd/linnetd.service.in ${CMAKE_BINARY_DIR}/linnetd.service @ONLY)

install(FILES ${CMAKE_BINARY_DIR}/linnetd.service
	config/systemd/linnetd-http.socket config/systemd/linnetd-line.socket
	DESTINATION lib/systemd/system)
install(FILES config/systemd/linnet.sysusers
	DESTINATION lib/sysusers.d RENAME linnet.conf)

# A file of /etc, where programs look for it whatever the prefix. One that is there is never
# overwritten: the new one is put beside it as NAME.new.
function(install_configuration file folder)
	get_filename_component(name ${file} NAME)
	install(CODE "
		set(new \"${CMAKE_SOURCE_DIR}/${file}\")
		set(old \"\$ENV{DESTDIR}${folder}/${name}\")
		set(as \"${name}\")
		if(EXISTS \"\${old}\")
			file(SHA256 \"\${new}\" wanted)
			file(SHA256 \"\${old}\" found)
			if(NOT wanted STREQUAL found)
				set(as \"${name}.new\")
				message(\"-- Kept: \${old} is not as installed; the new one is \${old}.new\")
			endif()
		endif()
		file(INSTALL DESTINATION \"${folder}\" TYPE FILE RENAME \"\${as}\" FILES \"\${new}\")")
endfunction()
# An installed daemon may be behind a proxy, so being on this machine is no right, and
# config/debian/postinst writes tokens instead.
install_configuration(config/debian/linnet.cfg /etc/linnet)
install_configuration(config/fail2ban/filter.d/linnetd.conf /etc/fail2ban/filter.d)
# Folders that are named here get the mode 0755, whatever the umask.
foreach(folder /etc/linnet /etc/linnet/conf.d ${CMAKE_INSTALL_DATADIR}/linnet)
	install(DIRECTORY DESTINATION ${folder})
endforeach()

install(FILES config/linnet.cfg config/grafana-dashboard.json config/prometheus-rules.yml
	DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
# The hook that gives linnetd the certificates of certbot.
install(PROGRAMS config/certbot/linnet-deploy DESTINATION ${CMAKE_INSTALL_DATADIR}/linnet)
install(DIRECTORY config/proxy config/fail2ban config/container DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY config/systemd/drop-ins DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples/systemd)

# The documents for users, with links that work where they are installed.
file(GLOB documents RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS README.md docs/*.md docs/clients/*.md)
list(REMOVE_ITEM documents docs/ARCHITECTURE.md docs/CONTRIBUTING.md)
foreach(document IN LISTS documents)
	string(REGEX REPLACE "^docs/" "" installed ${document})
	get_filename_component(folder ${installed} DIRECTORY)
	file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/documents/${folder})
	add_custom_command(OUTPUT documents/${installed}
		COMMAND sed -E -f ${CMAKE_SOURCE_DIR}/config/debian/links.sed ${CMAKE_SOURCE_DIR}/${document}
			> documents/${installed}
		DEPENDS ${document} config/debian/links.sed)
	list(APPEND installed_documents ${CMAKE_BINARY_DIR}/documents/${installed})
endforeach()
add_custom_target(documents ALL DEPENDS ${installed_documents})
install(DIRECTORY ${CMAKE_BINARY_DIR}/documents/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
file(GLOB clients CONFIGURE_DEPENDS docs/clients/client.*)
install(FILES ${clients} DESTINATION ${CMAKE_INSTALL_DOCDIR}/clients)
file(GLOB plots CONFIGURE_DEPENDS docs/performance/*.svg)
install(FILES ${plots} DESTINATION ${CMAKE_INSTALL_DOCDIR}/performance)
file(GLOB pictures CONFIGURE_DEPENDS docs/*.png)
install(FILES ${pictures} docs/protocol.schema.json config/debian/copyright ${CMAKE_BINARY_DIR}/changelog.gz
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
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "chat and push server for browsers, terminals and programs")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
	"One room behind every door: browsers on the bundled page, WebSocket clients,
nc and telnet, event streams, long-polls and HTTP pushes see the same messages
in the same order, and nothing is lost over a reconnect or a restart.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
	${CMAKE_SOURCE_DIR}/config/debian/conffiles
	${CMAKE_SOURCE_DIR}/config/debian/postinst
	${CMAKE_SOURCE_DIR}/config/debian/prerm
	${CMAKE_SOURCE_DIR}/config/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
include(CPack)
