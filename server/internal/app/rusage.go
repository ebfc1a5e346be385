package app

// rusageThread is RUSAGE_THREAD of getrusage(2) on Linux; elsewhere the call fails, and the thread's times are 0.
const rusageThread = 1
