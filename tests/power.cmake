# Losses of power: the code under test on a disk that drops, tears and reorders what was not synced (power/disk.h).
set(power ${CMAKE_CURRENT_SOURCE_DIR}/power)
set(power_disk ${power}/calls.c ${power}/disk.c ${power}/loss.c ${power}/tree.c)
set(power_trial ${power}/soak.c ${power}/trial.c conformance/daybook_rows.c)
# These calls are the disk's; the headers would turn some of them into others.
set_source_files_properties(${power}/calls.c PROPERTIES COMPILE_OPTIONS "-U_FORTIFY_SOURCE")

if(TARGET el_daybook AND TARGET el_crypto)
  el_test(power_disk LAYERS daybook crypto SOURCES power/test_power_disk.c ${power_trial} ${power_disk})
  el_test(power_daybook LAYERS daybook crypto SOURCES power/test_power_daybook.c power/book.c ${power_trial} ${power_disk})
  target_link_options(test_power_daybook PRIVATE LINKER:--wrap=sqlite3_wal_hook)
  el_test(power_keyring LAYERS daybook crypto SOURCES power/test_power_keyring.c power/ring.c ${power_trial} ${power_disk})
  target_link_libraries(test_power_keyring PRIVATE PkgConfig::SODIUM)

  set(power_names disk daybook keyring)
  if(TARGET el_publog)
    el_test(power_publog LAYERS publog daybook SOURCES power/test_power_publog.c power/log.c ${power_trial} ${power_disk})
    list(APPEND power_names publog)
  endif()

  foreach(name ${power_names})
    target_include_directories(test_power_${name} PRIVATE ${power} ${CMAKE_CURRENT_SOURCE_DIR}/conformance)
  endforeach()
endif()
