el_test(indexer_jobs LAYERS indexer SOURCES unit/test_indexer_jobs.c)
target_link_options(test_indexer_jobs PRIVATE LINKER:--wrap=el_worker_put LINKER:--wrap=el_clock_monotonic_ms)

el_fuzz(job LAYERS indexer SOURCES fuzz/fuzz_job.c)
