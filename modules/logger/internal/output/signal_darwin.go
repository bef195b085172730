package output

// noSignal is 0: the system has no flag that keeps a send from raising SIGPIPE.
const noSignal = 0
