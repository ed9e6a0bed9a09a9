/** File name endings that the file dialog offers; the server decides by content. */
export const ACCEPTED = '.csv,.tsv,.txt,.gz'
