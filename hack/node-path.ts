/** Prints the path of the Node that runs it: the pinned one, for scripts that are not run by the launcher. */
console.log(process.execPath);
