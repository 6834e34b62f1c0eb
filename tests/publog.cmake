# The public log: its folder, core's side of it, its process.
el_test(publog_writer LAYERS publog SOURCES unit/test_publog_writer.c unit/publog_world.c)
foreach(call write fsync rename mkdir)
  target_link_options(test_publog_writer PRIVATE LINKER:--wrap=${call})
endforeach()
el_test(publog_entries LAYERS publog SOURCES unit/test_publog_entries.c unit/publog_world.c)
foreach(call el_worker_put el_clock_monotonic_ms el_publog_db_add)
  target_link_options(test_publog_entries PRIVATE LINKER:--wrap=${call})
endforeach()
el_test(publog_process LAYERS publog SOURCES unit/test_publog_process.c unit/publog_world.c unit/test_net_world.c)
target_link_options(test_publog_process PRIVATE LINKER:--wrap=fsync)

el_fuzz(publog_messages LAYERS publog SOURCES fuzz/fuzz_publog_messages.c)
