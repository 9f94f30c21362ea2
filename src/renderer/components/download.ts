/** Saves text as a file; spreadsheets read it as what it is. */
export const downloadCsv = (text: string, subject: string): void => {
  // Spreadsheets take a file without this mark for one of the system's own code page.
  const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `hvrc-${subject}-${new Date().toISOString().slice(0, 10)}.csv`;
  link.click();
  URL.revokeObjectURL(url);
};
