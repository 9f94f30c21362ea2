import type { ErrorWords } from '../engine-words.ts';

/** What went wrong and what helps, in Swedish. */
export const errorsSv: ErrorWords = {
  // disks
  DISK_NOT_FOUND: ['Diskfilen finns inte', 'Lägg tillbaka filen eller utelämna disken ur skyddet.'],
  DISK_LOCKED: [
    'Ett annat program håller diskfilen',
    'Stäng programmet som använder filen; ett nytt försök görs automatiskt.',
  ],
  DISK_ACCESS_DENIED: ['Diskfilen får inte läsas', 'Ge kontot som kör motorn läsbehörighet till filen.'],
  DISK_CHANGING: [
    'Diskfilen ändrades för snabbt för att kunna läsas',
    'Du behöver inte göra något: den läses igen i ett lugnare ögonblick. En volym som kan klona filer (XFS, btrfs) förhindrar detta.',
  ],
  DISK_READ_FAILED: [
    'Diskfilen kunde inte läsas',
    'Kontrollera volymen med filen; ett nytt försök görs automatiskt.',
  ],
  DISK_WRITE_FAILED: [
    'En diskfil kunde inte skrivas',
    'Kontrollera volymen med filen; ett nytt försök görs automatiskt.',
  ],
  DISK_FORMAT_UNKNOWN: ['Filen är varken en VHD eller en VHDX', 'Kontrollera att filen är en virtuell disk.'],
  DISK_CORRUPT: ['Den virtuella disken är skadad', 'Reparera eller återställ den diskfil som anges.'],
  DISK_TRUNCATED: [
    'Den virtuella diskens fil är kortare än den själv anger',
    'Återställ den diskfil som anges från en kopia.',
  ],
  DISK_UNSUPPORTED: [
    'Den virtuella disken kräver en funktion som den här versionen inte känner till',
    'Konvertera disken eller flytta filen ur den virtuella datorns mapp.',
  ],
  DISK_TOO_LARGE: [
    'Den virtuella disken är större än vad som stöds',
    'Utelämna disken eller välj ett annat valv.',
  ],
  DISK_CHAIN_BROKEN: [
    'Kedjan av differentierande diskar är bruten',
    'Lägg tillbaka den överordnade fil som saknas eller hör till.',
  ],
  DISK_CHAIN_CYCLE: [
    'Kedjan av differentierande diskar går i cirkel',
    'Rätta hänvisningarna till överordnade diskar i de filer som anges.',
  ],
  DISK_OUTSIDE_HOST: [
    'Disken ligger utanför värdmappen',
    'Flytta den till den virtuella datorns mapp, välj en värdmapp som rymmer båda eller utelämna disken.',
  ],
  DISK_CHANGED_GEOMETRY: [
    'Diskens storlek har ändrats',
    'Synkronisera om: disken kopieras på nytt, de andra diskarna förblir skyddade.',
  ],
  DISK_REPLACED: [
    'Diskfilen har ersatts av en annan disk',
    'Synkronisera om: disken jämförs med sin replik.',
  ],
  DISK_REVERTED: [
    'Disken har återförts till ett äldre tillstånd',
    'Synkronisera om: disken jämförs med sin replik.',
  ],
  DISK_TARGET_EXISTS: ['Målfilen finns redan', 'Välj ett annat namn eller ta bort filen först.'],
  // host and virtual machines
  HOST_NOT_SET: ['Ingen värd har valts', 'Välj mappen med de virtuella datorerna: hvrc host use DIR.'],
  HOST_NOT_FOUND: ['Värdmappen kan inte nås', 'Anslut volymen eller resursen med de virtuella datorerna.'],
  VM_NOT_FOUND: ['Den virtuella datorn finns inte på värden', 'Kontrollera namnet med hvrc vm list.'],
  VM_AMBIGUOUS: ['Fler än en virtuell dator har det namnet', 'Ange den virtuella datorn med dess id.'],
  VM_NO_DISKS: [
    'Den virtuella datorn har ingen disk som kan skyddas',
    'Kontrollera den virtuella datorns mapp och de utelämnade diskarna.',
  ],
  VM_NOT_FIT_FOR_AZURE: [
    'Azure kan inte ta emot den virtuella datorn som den är',
    'Se vad varje kontroll fann: hvrc protect VM --vault NAME --check.',
  ],
  VM_ALREADY_PROTECTED: [
    'Den virtuella datorn är redan skyddad',
    'Inaktivera skyddet först för att byta valv.',
  ],
  VM_NOT_PROTECTED: [
    'Den virtuella datorn är inte skyddad',
    'Skydda den först: hvrc protect VM --vault NAME.',
  ],
  DISK_NOT_IN_VM: [
    'Den virtuella datorn har ingen sådan disk',
    'Kontrollera disknamnen med hvrc vm show VM.',
  ],
  DISK_NOT_PROTECTED: [
    'En disk i den skyddade virtuella datorn replikeras inte',
    'Ta med den med hvrc protection disks VM --include DISK eller utelämna den med --exclude DISK.',
  ],
  DISK_SHARED: [
    'Diskfilen hör till en annan skyddad virtuell dator',
    'Ge varje virtuell dator en egen diskfil eller utelämna disken.',
  ],
  DISK_IS_OS: [
    'Operativsystemets disk kan inte utelämnas',
    'Låt operativsystemets disk vara kvar i skyddet.',
  ],
  STATE_INVALID: ['Det går inte i nuvarande tillstånd', 'Se med hvrc status VM vad som körs eller väntar.'],
  // replication log and tracking
  HRL_WRITE_FAILED: [
    'Replikeringsloggen kunde inte skrivas',
    'Kontrollera volymen bredvid disken och att motorn får skriva där, och synkronisera sedan om den virtuella datorn.',
  ],
  HRL_READ_FAILED: [
    'Replikeringsloggen kunde inte läsas',
    'Kontrollera volymen bredvid disken; ett nytt försök görs automatiskt.',
  ],
  HRL_CORRUPT: ['Replikeringsloggen är skadad', 'Synkronisera om den virtuella datorn.'],
  HRL_MISSING: ['En replikeringslogg saknas', 'Synkronisera om den virtuella datorn.'],
  HRL_FOREIGN: [
    'Replikeringsloggen hör till en annan disk',
    'Ta bort den fil som anges och synkronisera sedan om.',
  ],
  HRL_UNSUPPORTED: ['Replikeringsloggen har ett nyare format', 'Uppdatera den här produkten.'],
  HRL_NOT_A_LOG: [
    'Filen är ingen replikeringslogg',
    'Ange en logg: .hrl-filen bredvid en skyddad disk, eller en i ett valv som är en mapp.',
  ],
  HRL_OUT_OF_SEQUENCE: [
    'Replikeringsloggen följer inte på det som valvet innehåller',
    'Synkronisera om den virtuella datorn.',
  ],
  HRL_THRESHOLD: [
    'Replikeringsloggen har nått 50 % av disken',
    'Synkronisera om den virtuella datorn; en snabbare förbindelse eller ett kortare avbrott förhindrar det.',
  ],
  TRACKING_DAMAGED: [
    'En disks spårningsdata är skadade eller saknas',
    'Synkronisera om den virtuella datorn.',
  ],
  TRACKING_WRITE_FAILED: [
    'En disks spårningsdata kunde inte skrivas',
    'Kontrollera volymen med datamappen; ett nytt försök görs automatiskt.',
  ],
  VOLUME_LOW_SPACE: [
    'En volym har ont om utrymme',
    'Frigör utrymme på den volym som anges; ett nytt försök görs automatiskt.',
  ],
  LOW_MEMORY: ['Datorn har ont om minne', 'Stäng andra program; ett nytt försök görs automatiskt.'],
  // vaults and replicas
  VAULT_UNKNOWN: ['Inget valv har det namnet', 'Kontrollera namnet med hvrc vault list.'],
  VAULT_NAME_TAKEN: ['Det finns redan ett valv med det namnet', 'Välj ett annat namn.'],
  VAULT_UNREACHABLE: [
    'Valvet kan inte nås',
    'Anslut resursen, disken eller nätverket; ett nytt försök görs automatiskt.',
  ],
  VAULT_UNTRUSTED: [
    'Valvet är inte betrott',
    'Kontrollera adressen, datorns klocka och om en proxy öppnar https; ge motorn en egen certifikatutfärdares certifikat i NODE_EXTRA_CA_CERTS.',
  ],
  PROXY_FAILED: [
    'Proxyn öppnar inte vägen till valvet',
    'Kontrollera proxyn och dess adress i HTTPS_PROXY; det som inte behöver någon proxy hör hemma i NO_PROXY. Starta om motorn efter en ändring.',
  ],
  PROXY_ACCESS_DENIED: [
    'Proxyn nekar inloggningen',
    'Ange namn och lösenord i HTTPS_PROXY (http://NAME:PASSWORD@PROXY:PORT), starta om motorn och återuppta den virtuella datorn.',
  ],
  VAULT_NOT_FOUND: ['Valvet finns inte', 'Kontrollera kontot och containerns namn.'],
  VAULT_ACCESS_DENIED: [
    'Valvet nekar åtkomst',
    'Ge kontot rätt att läsa, skriva och ta bort i valvet; förnya inloggningen för ett lagringskonto.',
  ],
  SECRET_SEALED: [
    'Inloggningen har förseglats av ett annat program eller konto',
    'Öppna skrivbordskonsolen med det konto som angav inloggningen och replikera därifrån, eller ange den på nytt här.',
  ],
  VAULT_PASSPHRASE_NEEDED: ['Valvet är krypterat', 'Ange valvets lösenfras.'],
  VAULT_PASSPHRASE_WRONG: [
    'Lösenfrasen öppnar inte valvet',
    'Försök igen med den lösenfras som angavs när valvet lades till; inget har gått förlorat.',
  ],
  VAULT_FOREIGN: [
    'Mappen innehåller andra filer och är inget valv',
    'Välj en tom mapp eller en som är ett valv.',
  ],
  VAULT_UNSUPPORTED: ['Valvet har ett nyare format', 'Uppdatera den här produkten.'],
  VAULT_CORRUPT: [
    'Valvets katalog är skadad',
    'Återställ den fil som anges eller skydda den virtuella datorn igen.',
  ],
  VAULT_FULL: [
    'Valvet är fullt',
    'Frigör utrymme i valvet eller behåll färre återställningspunkter; ett nytt försök görs automatiskt.',
  ],
  VAULT_IN_USE: [
    'En annan installation replikerar den här virtuella datorn till valvet',
    'Avsluta skyddet i den andra installationen eller välj ett annat valv.',
  ],
  VAULT_WRITE_FAILED: [
    'Det gick inte att skriva till valvet',
    'Kontrollera valvet; ett nytt försök görs automatiskt.',
  ],
  REPLICA_MISSING: [
    'Repliken finns inte i valvet',
    'Synkronisera om den virtuella datorn, så kopieras det som saknas, eller lägg tillbaka repliken.',
  ],
  REPLICA_INVALID: ['Repliken i valvet är skadad eller har ändrats', 'Synkronisera om den virtuella datorn.'],
  POINT_NOT_FOUND: ['Det finns ingen sådan återställningspunkt', 'Kontrollera listan med hvrc points VM.'],
  RESTORE_TARGET_EXISTS: ['Målmappen innehåller redan en sådan fil', 'Välj en tom mapp.'],
  VERIFY_MISMATCH: ['Kopian skiljer sig från det den ska innehålla', 'Synkronisera om den virtuella datorn.'],
  // alerts
  ALERT_CHANNEL_OFF: ['Larmkanalen är inte inställd', 'Ställ in den under Larm.'],
  ALERT_UNREACHABLE: [
    'Servern för larm kan inte nås',
    'Kontrollera namnet, porten och nätverket; meddelandet skickas igen automatiskt.',
  ],
  ALERT_UNTRUSTED: [
    'Servern för larm är inte betrodd',
    'Kontrollera serverns namn och certifikat; ge motorn en egen certifikatutfärdares certifikat i NODE_EXTRA_CA_CERTS.',
  ],
  ALERT_REFUSED: ['Servern avvisade larmet', 'Rätta kanalens inloggning eller adresser och testa den sedan.'],
  // engine
  RESYNC_REQUIRED: ['Den virtuella datorn måste synkroniseras om', 'Synkronisera om: hvrc resync VM.'],
  ENGINE_RUNNING: [
    'En annan motor använder den här datamappen',
    'Använd motorn som redan körs eller stoppa den först.',
  ],
  ENGINE_UNRESPONSIVE: [
    'Motorn svarar inte',
    'Vänta en stund och försök igen; om det förblir så, avsluta den process som anges och starta motorn på nytt.',
  ],
  ENGINE_STOPPED: ['Motorn har stoppats', 'Starta motorn igen; arbetet fortsätter automatiskt.'],
  STORE_DAMAGED: [
    'Motorns databas är skadad',
    'Vid nästa start läggs den åt sidan och byggs om automatiskt; om det nekas, låt kontot byta namn på filer i datamappen.',
  ],
  STORE_UNSUPPORTED: ['Motorns databas har ett nyare format', 'Uppdatera den här produkten.'],
  STORE_FAILED: [
    'Motorns databas kan inte användas',
    'Kontrollera volymen med datamappen; ett nytt försök görs automatiskt.',
  ],
  DATA_DIRECTORY_UNUSABLE: [
    'Datamappen kan inte användas',
    'Välj en mapp som kontot får skriva i: --data DIR.',
  ],
  WORKER_FAILED: [
    'En av motorns arbetsprocesser avslutades oväntat',
    'Nästa försök görs automatiskt; i loggfilen finns detaljerna.',
  ],
  PORT_UNAVAILABLE: [
    'Porten kan inte användas',
    'Välj en annan port med --port, eller utelämna den för vilken ledig port som helst.',
  ],
  RUNTIME_UNSUPPORTED: [
    'Den här versionen av Node.js stöds inte',
    'Starta med npm, som har rätt version med sig.',
  ],
  JOB_NOT_FOUND: ['Det finns inget sådant jobb', 'Kontrollera listan med hvrc jobs.'],
  INPUT_INVALID: ['Ett värde är ogiltigt', 'Rätta det fält som anges.'],
  TIMED_OUT: [
    'Arbetet stod stilla för länge',
    'Kontrollera att volymen, resursen eller valvet svarar; ett nytt försök görs automatiskt.',
  ],
  CANCELLED: ['Arbetet avbröts', 'Starta det igen när du vill.'],
  UNKNOWN: ['Något oförutsett hände', 'Se loggfilen och rapportera det med ett supportpaket.'],
};
