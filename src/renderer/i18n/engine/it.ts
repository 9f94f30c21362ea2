import type { AlertWords, EngineWords, PhraseWords } from '../engine-words.ts';
import { errorsIt } from '../errors/it.ts';

const phrases: PhraseWords = {
  'Check the prerequisites': 'Controllare i prerequisiti',
  'Create the replication relationship': 'Creare la relazione di replica',
  'Start initial replication': 'Avviare la prima replica',
  'Copy {{disk}}': 'Copiare {{disk}}',
  'Commit the replica': 'Confermare la replica',
  'Remove temporary files': 'Rimuovere i file temporanei',
  'Apply the settings of replication': 'Applicare le impostazioni della replica',
  'Mark as protected': 'Contrassegnare come protetta',
  'Track changes': 'Registrare le modifiche',
  'Send changes': 'Inviare le modifiche',
  'Check the disks': 'Controllare i dischi',
  'Restart tracking': 'Ricominciare il tracciamento',
  Compare: 'Confrontare',
  Send: 'Inviare',
  Apply: 'Applicare',
  'Verify {{disk}}': 'Verificare {{disk}}',
  'Restore {{disk}}': 'Ripristinare {{disk}}',
  'Delete the replica': 'Eliminare la replica',
  'Remove logs and tracking state': 'Rimuovere log e dati di tracciamento',
  'Change the policy': 'Modificare i criteri',
  'Tell the vault': 'Informare il deposito',
  'Drop older recovery points': 'Eliminare i punti di ripristino più vecchi',
  'Leave disks out': 'Escludi i dischi',
  'Add disks to the protection': 'Aggiungi i dischi alla protezione',
  'Disk files of its own': 'File di disco propri',
  'Exclude {{disk}}, or give {{vm}} a disk file of its own.':
    'Escludere {{disk}}, oppure dare a {{vm}} un proprio file di disco.',
  'Leaving out disks of {{vm}}': 'Esclusione di dischi di {{vm}}',
  'Nothing was wrong: a disk was included, and copied for the first time.':
    'Non c’era nulla di sbagliato: un disco è stato incluso e copiato per la prima volta.',
  'Open the vault, or make it': 'Aprire il deposito o crearlo',
  'Open the vault': 'Aprire il deposito',
  'Try the sign-in': 'Provare l’accesso',
  'Rename the vault': 'Rinominare il deposito',
  'Forget the vault': 'Dimenticare il deposito',
  Disks: 'Dischi',
  'Disk files and chains': 'File e catene dei dischi',
  'Disk sizes': 'Dimensioni dei dischi',
  'Azure: name of the VM': 'Azure: nome della VM',
  'Azure: operating system disk': 'Azure: disco del sistema operativo',
  'Azure: data disks': 'Azure: dischi dati',
  'Azure: sector size': 'Azure: dimensione dei settori',
  'Log folder': 'Cartella del log',
  'Log space': 'Spazio per il log',
  Vault: 'Deposito',
  'Vault: reach': 'Deposito: raggiungere',
  'Vault: list': 'Deposito: elencare',
  'Vault: read': 'Deposito: leggere',
  'Vault: write': 'Deposito: scrivere',
  'Vault: rename': 'Deposito: rinominare',
  'Vault: snapshot': 'Deposito: istantanea',
  'Vault: delete': 'Deposito: eliminare',
  'Vault: space': 'Deposito: spazio',
  'Vault: space for the replica': 'Deposito: spazio per la replica',
  'No other replication': 'Nessun’altra replica',
  'Check the VM folder and the exclusions.': 'Controllare la cartella della VM e i dischi esclusi.',
  'Exclude {{disk}}, or choose another vault.': 'Escludere {{disk}} o scegliere un altro deposito.',
  'Rename the VM on its host.': 'Rinominare la VM sul suo host.',
  'Protect the VM with the one disk that it starts from.':
    'Proteggere la VM con il solo disco da cui si avvia.',
  'Shrink {{disk}}, or choose a directory vault.':
    'Ridurre {{disk}} o scegliere un deposito in una cartella.',
  'Check the generation of the VM on its host.': 'Controllare sull’host la generazione della VM.',
  'Exclude {{count}} of them, or join disks.': 'Escluderne {{count}} o unire dei dischi.',
  'Exclude {{disk}}, or shrink it.': 'Escludere {{disk}} o ridurlo.',
  'Convert {{disk}} to 512-byte sectors (Set-VHD), or exclude it.':
    'Convertire {{disk}} a settori di 512 byte (Set-VHD) o escluderlo.',
  'Give the account that runs the engine the right to write into that folder.':
    'Dare all’account che esegue il motore il diritto di scrivere in quella cartella.',
  'Give the disk file a shorter name.': 'Dare al file del disco un nome più breve.',
  'Free {{size}} or more on {{volume}}.': 'Liberare {{size}} o più su {{volume}}.',
  'Free {{size}} on {{volume}} to be safe.': 'Per sicurezza liberare {{size}} su {{volume}}.',
  'Free {{size}} at the vault, exclude a disk, or choose another vault.':
    'Liberare {{size}} nel deposito, escludere un disco o scegliere un altro deposito.',
  'Give the account that runs the engine read, write and delete rights in the vault.':
    'Dare all’account che esegue il motore i diritti di lettura, scrittura ed eliminazione nel deposito.',
  'End that protection first to change its vault.':
    'Terminare prima quella protezione per cambiare deposito.',
  'End the protection there, or choose another vault.':
    'Terminare lì la protezione o scegliere un altro deposito.',
  'End the protection that writes it; when there is none any more, delete {{file}}.':
    'Terminare la protezione che lo scrive; se non c’è più, eliminare {{file}}.',
  '{{step}} Or leave the disk out: clear its box in the console, or --exclude "{{disk}}".':
    '{{step}} Oppure escludere il disco: togliere il segno di spunta.',
  'Waits for its turn.': 'Attende il suo turno.',
  'Waits for its time window.': 'Attende la sua finestra oraria.',
  'Waits for the start time that was chosen.': 'Attende l’ora di inizio scelta.',
  'Waits for the next attempt: {{why}}': 'Attende il prossimo tentativo.',
  'Waits for somebody to act: {{step}}': 'Attende un intervento: {{step}}',
  'Replication of the VM is paused.': 'La replica della VM è in pausa.',
  'Goes on when the engine runs.': 'Prosegue quando il motore è in esecuzione.',
  'the bandwidth limit ({{rate}} until {{time}})':
    'in attesa per il limite di banda ({{rate}} fino alle {{time}})',
  'the bandwidth limit ({{rate}})': 'in attesa per il limite di banda ({{rate}})',
  'Initial replication of {{vm}}': 'Prima replica di {{vm}}',
  'Finalizing protection': 'Completamento della protezione',
  'Tracking changes of {{vm}}': 'Registrazione delle modifiche di {{vm}}',
  'Sending changes of {{vm}}': 'Invio delle modifiche di {{vm}}',
  'Resynchronizing {{vm}}': 'Risincronizzazione di {{vm}}',
  'Applying what changed while {{vm}} was compared':
    'Applicazione di ciò che è cambiato durante il confronto di {{vm}}',
  'Giving back the space of the logs': 'Restituzione dello spazio dei log',
  'Verifying {{vm}}': 'Verifica di {{vm}}',
  'Restoring {{vm}}': 'Ripristino di {{vm}}',
  'Dropping recovery points of {{vm}}': 'Eliminazione di punti di ripristino di {{vm}}',
  Stopping: 'Arresto',
  'A shorter outage of the vault or a higher bandwidth limit would have prevented it; the warnings at 30 % and 40 % of the disk come in time for that.':
    'Un’interruzione più breve del deposito o un limite di banda più alto; gli avvisi al 30 % e al 40 % del disco arrivano in tempo.',
  'A healthy volume beside the disk, on which the engine may write, would have prevented it.':
    'Un volume sano accanto al disco, su cui il motore possa scrivere.',
  'A healthy volume beside the disk would have prevented it: nothing but the engine may write into its logs.':
    'Un volume sano accanto al disco: solo il motore può scrivere nei suoi log.',
  'Leaving the .hrl files beside the disks would have prevented it: exclude them from clean-ups and virus scans.':
    'Lasciare i file .hrl accanto ai dischi: escluderli da pulizie e scansioni antivirus.',
  'Moving or copying disks without their .hrl files would have prevented it.':
    'Spostare o copiare i dischi senza i loro file .hrl.',
  'Leaving the vault and the data directory as they are would have prevented it: neither may be put back to an older state alone.':
    'Lasciare il deposito e la cartella dati come sono: nessuno dei due va riportato da solo a uno stato precedente.',
  'An intact data directory would have prevented it: leave its tracking folder alone and keep its volume healthy.':
    'Una cartella dati intatta: non toccare la cartella di tracciamento e tenere sano il volume.',
  'A healthy volume under the data directory would have prevented it.':
    'Un volume sano sotto la cartella dati.',
  'Nothing prevents it: a disk that is resized is brought to the vault anew.':
    'Nulla: un disco ridimensionato viene portato di nuovo nel deposito.',
  'Keeping the disk file in its place would have prevented it.': 'Lasciare il file del disco al suo posto.',
  'Nothing prevents it: a disk that is put back to an older state is compared before replication goes on.':
    'Nulla: un disco riportato a uno stato precedente viene confrontato prima che la replica prosegua.',
  'Leaving the replicas at the vault alone would have prevented it.': 'Non toccare le repliche nel deposito.',
  'Nothing was wrong: it was asked for.': 'Non c’era nulla che non andasse: è stata richiesta.',
  'The event list says what came before it.': 'L’elenco degli eventi dice che cosa l’ha preceduta.',
  read: 'lettura',
  add: 'aggiunta',
  create: 'creazione',
  write: 'scrittura',
  delete: 'eliminazione',
  'delete versions': 'eliminazione di versioni',
  'delete permanently': 'eliminazione definitiva',
  list: 'elenco',
  tags: 'tag',
  'find by tags': 'ricerca per tag',
  move: 'spostamento',
  execute: 'esecuzione',
  immutability: 'immutabilità',
  'The signature does not allow to {{rights}}.': 'La firma non permette: {{rights}}.',
  'Test message': 'Messaggio di prova',
  'This is how alerts of {{host}} will reach you. Nothing has happened.':
    'Così arrivano gli avvisi di {{host}}. Non è successo nulla.',
};

const alerts: AlertWords = {
  healthWarning: ['lo stato è Avviso', 'lo stato è di nuovo Normale'],
  healthCritical: ['lo stato è Critico', 'lo stato non è più Critico'],
  rpoHalf: ['RPO oltre la metà del limite', 'RPO di nuovo sotto la metà del limite'],
  rpoLimit: ['RPO oltre il limite', 'RPO di nuovo entro il limite'],
  log30: ['log oltre il 30 % del disco', 'log di nuovo sotto il 30 % del disco'],
  log40: ['log oltre il 40 % del disco', 'log di nuovo sotto il 40 % del disco'],
  log50: ['log oltre il 50 % del disco', 'log di nuovo sotto il 50 % del disco'],
  volumeLow: ['un volume ha poco spazio', 'un volume ha di nuovo spazio'],
  volumeReserve: ['un volume è quasi pieno', 'un volume non è più quasi pieno'],
  signature14Days: ['una firma di accesso scade entro 14 giorni', 'una firma di accesso è stata rinnovata'],
  signature3Days: ['una firma di accesso scade entro 3 giorni', 'una firma di accesso è stata rinnovata'],
  silent: ['nulla replicato da un’ora', 'di nuovo in replica'],
};

/** What the engine says, in Italian. */
export const engineIt: EngineWords = { errors: errorsIt, phrases, alerts };
