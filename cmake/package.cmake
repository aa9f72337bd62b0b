# The Debian package, made by CPack (scripts/package.sh): what install.cmake installs, with the documentation.
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs FILES_MATCHING PATTERN "*.md")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

set(CPACK_PACKAGE_NAME bdglm)
set(CPACK_PACKAGE_VENDOR "bdglm")
set(BDGLM_PACKAGE_CONTACT "bdglm maintainers <bdglm@localhost>" CACHE STRING "Maintainer of the Debian package, NAME <ADDRESS>")
set(CPACK_PACKAGE_CONTACT "${BDGLM_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Bayesian deep-net GLMs and GLMMs")
set(CPACK_PACKAGE_DESCRIPTION
"Posteriors of generalised linear and mixed models, with a neural network inside
the regression where the formula asks for one. Holds the program bdglm, and the
C++ library with its headers.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian_files.cmake)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# What a program needs at build time that links the library; the program itself needs none of it.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "g++, cmake, libhdf5-dev, libhwy-dev, libcsv-dev, libopenblas-dev, zlib1g-dev")
include(CPack)
