import type { ErrorWords } from '../engine-words.ts';

/** What went wrong and what helps, in Italian. */
export const errorsIt: ErrorWords = {
  // disks
  DISK_NOT_FOUND: [
    'Il file del disco non esiste',
    'Rimettere il file al suo posto o escludere il disco dalla protezione.',
  ],
  DISK_LOCKED: [
    'Un altro programma tiene occupato il file del disco',
    'Chiudere il programma che usa il file; si riprova automaticamente.',
  ],
  DISK_ACCESS_DENIED: [
    'Il file del disco non può essere letto',
    'Dare all’account che esegue il motore il diritto di leggere il file.',
  ],
  DISK_CHANGING: [
    'Il file del disco cambiava troppo in fretta per essere letto',
    'Non serve fare nulla: viene riletto in un momento più tranquillo. Un volume che può clonare i file (XFS, btrfs) lo evita.',
  ],
  DISK_READ_FAILED: [
    'La lettura del file del disco non è riuscita',
    'Controllare il volume che contiene il file; si riprova automaticamente.',
  ],
  DISK_WRITE_FAILED: [
    'La scrittura di un file disco non è riuscita',
    'Controllare il volume che contiene il file; si riprova automaticamente.',
  ],
  DISK_FORMAT_UNKNOWN: [
    'Il file non è né un VHD né un VHDX',
    'Controllare che il file sia un disco virtuale.',
  ],
  DISK_CORRUPT: ['Il disco virtuale è danneggiato', 'Riparare o ripristinare il file del disco indicato.'],
  DISK_TRUNCATED: [
    'Il file del disco virtuale è più corto di quanto dichiara',
    'Ripristinare da una copia il file del disco indicato.',
  ],
  DISK_UNSUPPORTED: [
    'Il disco virtuale richiede una funzione che questa versione non conosce',
    'Convertire il disco o spostarne il file fuori dalla cartella della VM.',
  ],
  DISK_TOO_LARGE: [
    'Il disco virtuale è più grande di quanto supportato',
    'Escludere il disco o scegliere un altro deposito.',
  ],
  DISK_CHAIN_BROKEN: [
    'La catena dei dischi differenze è interrotta',
    'Rimettere al suo posto il file padre mancante o corrispondente.',
  ],
  DISK_CHAIN_CYCLE: [
    'La catena dei dischi differenze gira in tondo',
    'Correggere i riferimenti al disco padre nei file indicati.',
  ],
  DISK_OUTSIDE_HOST: [
    'Il disco si trova fuori dalla cartella host',
    'Spostarlo nella cartella della VM, scegliere una cartella host che contenga entrambi o escludere il disco.',
  ],
  DISK_CHANGED_GEOMETRY: [
    'Il disco è stato ridimensionato',
    'Risincronizzare: il disco viene copiato di nuovo, gli altri restano protetti.',
  ],
  DISK_REPLACED: [
    'Il file del disco è stato sostituito da un altro disco',
    'Risincronizzare: il disco viene confrontato con la sua replica.',
  ],
  DISK_REVERTED: [
    'Il disco è stato riportato a uno stato precedente',
    'Risincronizzare: il disco viene confrontato con la sua replica.',
  ],
  DISK_TARGET_EXISTS: [
    'Il file di destinazione esiste già',
    'Scegliere un altro nome o rimuovere prima il file.',
  ],
  // host and virtual machines
  HOST_NOT_SET: [
    'Non è stato scelto alcun host',
    'Scegliere la cartella che contiene le VM: hvrc host use DIR.',
  ],
  HOST_NOT_FOUND: [
    'La cartella host non è raggiungibile',
    'Collegare il volume o la condivisione che contiene le VM.',
  ],
  VM_NOT_FOUND: ['La macchina virtuale non è sull’host', 'Controllare il nome con hvrc vm list.'],
  VM_AMBIGUOUS: ['Più di una macchina virtuale ha quel nome', 'Indicare la VM con il suo id.'],
  VM_NO_DISKS: [
    'La macchina virtuale non ha dischi che si possano proteggere',
    'Controllare la cartella della VM e i dischi esclusi.',
  ],
  VM_NOT_FIT_FOR_AZURE: [
    'Azure non può accogliere la macchina virtuale così com’è',
    'Vedere che cosa ha trovato ogni controllo: hvrc protect VM --vault NAME --check.',
  ],
  VM_ALREADY_PROTECTED: [
    'La macchina virtuale è già protetta',
    'Disattivare prima la protezione per cambiare deposito.',
  ],
  VM_NOT_PROTECTED: [
    'La macchina virtuale non è protetta',
    'Proteggerla prima: hvrc protect VM --vault NAME.',
  ],
  DISK_NOT_IN_VM: [
    'La macchina virtuale non ha un tale disco',
    'Controllare i nomi dei dischi con hvrc vm show VM.',
  ],
  DISK_NOT_PROTECTED: [
    'Un disco della VM protetta non viene replicato',
    'Includerlo con hvrc protection disks VM --include DISCO, oppure escluderlo con --exclude DISCO.',
  ],
  DISK_SHARED: [
    'Il file del disco appartiene a un’altra VM protetta',
    'Dare a ogni VM un proprio file di disco, oppure escludere il disco.',
  ],
  DISK_IS_OS: [
    'Il disco del sistema operativo non può essere escluso',
    'Lasciare il disco del sistema operativo nella protezione.',
  ],
  STATE_INVALID: [
    'Nello stato attuale non è possibile',
    'Guardare con hvrc status VM che cosa è in corso o in attesa.',
  ],
  // replication log and tracking
  HRL_WRITE_FAILED: [
    'La scrittura del log di replica non è riuscita',
    'Controllare il volume accanto al disco e che il motore possa scriverci, poi risincronizzare la VM.',
  ],
  HRL_READ_FAILED: [
    'La lettura del log di replica non è riuscita',
    'Controllare il volume accanto al disco; si riprova automaticamente.',
  ],
  HRL_CORRUPT: ['Il log di replica è danneggiato', 'Risincronizzare la VM.'],
  HRL_MISSING: ['Manca un log di replica', 'Risincronizzare la VM.'],
  HRL_FOREIGN: [
    'Il log di replica appartiene a un altro disco',
    'Rimuovere il file indicato, poi risincronizzare.',
  ],
  HRL_UNSUPPORTED: ['Il log di replica ha un formato più recente', 'Aggiornare questo prodotto.'],
  HRL_NOT_A_LOG: [
    'Il file non è un log di replica',
    'Indicare un log: il file .hrl accanto a un disco protetto, o uno in un deposito che è una cartella.',
  ],
  HRL_OUT_OF_SEQUENCE: [
    'Il log di replica non prosegue ciò che il deposito contiene',
    'Risincronizzare la VM.',
  ],
  HRL_THRESHOLD: [
    'Il log di replica ha raggiunto il 50 % del disco',
    'Risincronizzare la VM; una linea più veloce o un’interruzione più breve lo evita.',
  ],
  TRACKING_DAMAGED: [
    'I dati di tracciamento di un disco sono danneggiati o mancano',
    'Risincronizzare la VM.',
  ],
  TRACKING_WRITE_FAILED: [
    'La scrittura dei dati di tracciamento di un disco non è riuscita',
    'Controllare il volume che contiene la cartella dati; si riprova automaticamente.',
  ],
  VOLUME_LOW_SPACE: [
    'Un volume ha poco spazio',
    'Liberare spazio sul volume indicato; si riprova automaticamente.',
  ],
  LOW_MEMORY: ['La macchina ha poca memoria', 'Chiudere altri programmi; si riprova automaticamente.'],
  // vaults and replicas
  VAULT_UNKNOWN: ['Nessun deposito ha quel nome', 'Controllare il nome con hvrc vault list.'],
  VAULT_NAME_TAKEN: ['Esiste già un deposito con quel nome', 'Scegliere un altro nome.'],
  VAULT_UNREACHABLE: [
    'Il deposito non è raggiungibile',
    'Collegare la condivisione, il disco o la rete; si riprova automaticamente.',
  ],
  VAULT_UNTRUSTED: [
    'Il deposito non è attendibile',
    'Controllare l’indirizzo, l’orologio di questa macchina e se un proxy apre https; per un’autorità privata, dare al motore il suo certificato in NODE_EXTRA_CA_CERTS.',
  ],
  PROXY_FAILED: [
    'Il proxy non apre la via verso il deposito',
    'Controllare il proxy e il suo indirizzo in HTTPS_PROXY; ciò che non ha bisogno del proxy va in NO_PROXY. Dopo una modifica riavviare il motore.',
  ],
  PROXY_ACCESS_DENIED: [
    'Il proxy rifiuta l’accesso',
    'Mettere nome e password in HTTPS_PROXY (http://NAME:PASSWORD@PROXY:PORT), riavviare il motore e riprendere la VM.',
  ],
  VAULT_NOT_FOUND: ['Il deposito non esiste', 'Controllare l’account e il nome del contenitore.'],
  VAULT_ACCESS_DENIED: [
    'Il deposito rifiuta l’accesso',
    'Dare all’account i diritti di lettura, scrittura ed eliminazione nel deposito; per un account di archiviazione rinnovare l’accesso.',
  ],
  SECRET_SEALED: [
    'L’accesso è stato sigillato da un altro programma o account',
    'Aprire la console desktop con l’account che ha dato l’accesso e replicare da lì, oppure darlo di nuovo qui.',
  ],
  VAULT_PASSPHRASE_NEEDED: ['Il deposito è cifrato', 'Dare la passphrase del deposito.'],
  VAULT_PASSPHRASE_WRONG: [
    'La passphrase non apre il deposito',
    'Riprovare con la passphrase data quando il deposito è stato aggiunto; nulla è perso.',
  ],
  VAULT_FOREIGN: [
    'La cartella contiene altri file e non è un deposito',
    'Scegliere una cartella vuota o una che sia un deposito.',
  ],
  VAULT_UNSUPPORTED: ['Il deposito ha un formato più recente', 'Aggiornare questo prodotto.'],
  VAULT_CORRUPT: [
    'Il catalogo del deposito è danneggiato',
    'Ripristinare il file indicato o proteggere di nuovo la VM.',
  ],
  VAULT_FULL: [
    'Il deposito è pieno',
    'Liberare spazio nel deposito o conservare meno punti di ripristino; si riprova automaticamente.',
  ],
  VAULT_IN_USE: [
    'Un’altra installazione replica questa VM nel deposito',
    'Terminare la protezione nell’altra installazione o scegliere un altro deposito.',
  ],
  VAULT_WRITE_FAILED: [
    'La scrittura nel deposito non è riuscita',
    'Controllare il deposito; si riprova automaticamente.',
  ],
  REPLICA_MISSING: [
    'La replica non è nel deposito',
    'Risincronizzare la VM, così viene copiato ciò che manca, o rimettere la replica al suo posto.',
  ],
  REPLICA_INVALID: ['La replica nel deposito è danneggiata o è stata modificata', 'Risincronizzare la VM.'],
  POINT_NOT_FOUND: ['Non c’è un tale punto di ripristino', 'Controllare l’elenco con hvrc points VM.'],
  RESTORE_TARGET_EXISTS: [
    'La cartella di destinazione contiene già un tale file',
    'Scegliere una cartella vuota.',
  ],
  VERIFY_MISMATCH: ['La copia differisce da ciò che dovrebbe contenere', 'Risincronizzare la VM.'],
  // alerts
  ALERT_CHANNEL_OFF: ['Il canale degli avvisi non è configurato', 'Configurarlo in Avvisi.'],
  ALERT_UNREACHABLE: [
    'Il server per gli avvisi non è raggiungibile',
    'Controllarne il nome, la porta e la rete; il messaggio viene inviato di nuovo automaticamente.',
  ],
  ALERT_UNTRUSTED: [
    'Il server per gli avvisi non è attendibile',
    'Controllare il nome e il certificato del server; per un’autorità privata, dare al motore il suo certificato in NODE_EXTRA_CA_CERTS.',
  ],
  ALERT_REFUSED: [
    'Il server ha rifiutato l’avviso',
    'Correggere l’accesso o gli indirizzi del canale, poi provarlo.',
  ],
  // engine
  RESYNC_REQUIRED: ['La macchina virtuale deve essere risincronizzata', 'Risincronizzare: hvrc resync VM.'],
  ENGINE_RUNNING: [
    'Un altro motore usa questa cartella dati',
    'Usare il motore già in esecuzione o fermarlo prima.',
  ],
  ENGINE_UNRESPONSIVE: [
    'Il motore non risponde',
    'Attendere un momento e riprovare; se resta così, terminare il processo indicato e riavviare il motore.',
  ],
  ENGINE_STOPPED: ['Il motore è stato fermato', 'Riavviare il motore; il lavoro prosegue da solo.'],
  STORE_DAMAGED: [
    'Il database del motore è danneggiato',
    'Al prossimo avvio viene messo da parte e ricostruito da solo; se ciò è rifiutato, permettere a questo account di rinominare i file nella cartella dati.',
  ],
  STORE_UNSUPPORTED: ['Il database del motore ha un formato più recente', 'Aggiornare questo prodotto.'],
  STORE_FAILED: [
    'Il database del motore non può essere usato',
    'Controllare il volume che contiene la cartella dati; si riprova automaticamente.',
  ],
  DATA_DIRECTORY_UNUSABLE: [
    'La cartella dati non può essere usata',
    'Scegliere una cartella in cui questo account può scrivere: --data DIR.',
  ],
  WORKER_FAILED: [
    'Un processo di lavoro del motore è terminato in modo imprevisto',
    'Il prossimo tentativo è automatico; i dettagli sono nel file di log.',
  ],
  PORT_UNAVAILABLE: [
    'La porta non può essere usata',
    'Scegliere un’altra porta con --port, o ometterla per una qualsiasi libera.',
  ],
  RUNTIME_UNSUPPORTED: [
    'Questa versione di Node.js non è supportata',
    'Avviare con npm, che porta con sé la versione giusta.',
  ],
  JOB_NOT_FOUND: ['Non c’è un tale processo', 'Controllare l’elenco con hvrc jobs.'],
  INPUT_INVALID: ['Un valore non è valido', 'Correggere il campo indicato.'],
  TIMED_OUT: [
    'Il lavoro è rimasto fermo troppo a lungo',
    'Controllare che il volume, la condivisione o il deposito risponda; si riprova automaticamente.',
  ],
  CANCELLED: ['Il lavoro è stato annullato', 'Avviarlo di nuovo quando si vuole.'],
  UNKNOWN: [
    'È successo qualcosa di imprevisto',
    'Vedere il file di log e segnalarlo con un pacchetto di supporto.',
  ],
};
