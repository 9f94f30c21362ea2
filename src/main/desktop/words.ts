/** What the desktop says outside its page: tray, notifications. The page has a catalogue of its own. */

const english = {
  open: 'Open',
  pauseAll: 'Pause all',
  resumeAll: 'Resume all',
  quit: 'Quit',
  nothing: 'No VM is protected yet',
  normal: 'All protected VMs are well',
  Warning: 'Needs attention: {vms}',
  Critical: 'Critical: {vms}',
  goesOn: 'Replication goes on',
  goesOnBody: 'The window is closed; the console stays beside the clock. Quit it from there.',
  failed: 'That could not be done',
} as const;

export type DesktopWords = Readonly<Record<keyof typeof english, string>>;

const dutch: DesktopWords = {
  open: 'Openen',
  pauseAll: 'Alles pauzeren',
  resumeAll: 'Alles hervatten',
  quit: 'Afsluiten',
  nothing: 'Er is nog geen VM beveiligd',
  normal: 'Met alle beveiligde VM’s gaat het goed',
  Warning: 'Vraagt aandacht: {vms}',
  Critical: 'Kritiek: {vms}',
  goesOn: 'De replicatie gaat door',
  goesOnBody: 'Het venster is gesloten; de console blijft naast de klok. Daar sluit u hem af.',
  failed: 'Dat is niet gelukt',
};

const italian: DesktopWords = {
  open: 'Apri',
  pauseAll: 'Sospendi tutto',
  resumeAll: 'Riprendi tutto',
  quit: 'Esci',
  nothing: 'Nessuna VM è ancora protetta',
  normal: 'Tutte le VM protette stanno bene',
  Warning: 'Richiede attenzione: {vms}',
  Critical: 'Critico: {vms}',
  goesOn: 'La replica continua',
  goesOnBody: 'La finestra è chiusa; la console resta accanto all’orologio. Da lì si può uscire.',
  failed: 'Non è stato possibile',
};

const swedish: DesktopWords = {
  open: 'Öppna',
  pauseAll: 'Pausa alla',
  resumeAll: 'Återuppta alla',
  quit: 'Avsluta',
  nothing: 'Ingen VM är skyddad ännu',
  normal: 'Alla skyddade VM:ar mår bra',
  Warning: 'Behöver tillsyn: {vms}',
  Critical: 'Kritiskt: {vms}',
  goesOn: 'Replikeringen fortsätter',
  goesOnBody: 'Fönstret är stängt; konsolen finns kvar bredvid klockan. Avsluta den där.',
  failed: 'Det gick inte',
};

const chinese: DesktopWords = {
  open: '開啟',
  pauseAll: '全部暫停',
  resumeAll: '全部繼續',
  quit: '結束',
  nothing: '尚未保護任何 VM',
  normal: '所有受保護的 VM 均正常',
  Warning: '需要注意：{vms}',
  Critical: '嚴重：{vms}',
  goesOn: '複寫繼續進行',
  goesOnBody: '視窗已關閉；主控台仍在時鐘旁。可從該處結束。',
  failed: '無法完成',
};

/** The words for the system's language, e.g. `nl-BE`. */
export const desktopWords = (locale: string): DesktopWords => {
  if (/^zh\b.*\b(hant|tw|hk|mo)\b/i.test(locale)) return chinese;
  const language = locale.split('-')[0]?.toLowerCase() ?? '';
  return (
    new Map<string, DesktopWords>([
      ['nl', dutch],
      ['it', italian],
      ['sv', swedish],
    ]).get(language) ?? english
  );
};

/** Fills `{name}` in. */
export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
