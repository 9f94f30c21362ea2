import type { ErrorWords } from '../engine-words.ts';

/** What went wrong and what helps, in Dutch. */
export const errorsNl: ErrorWords = {
  // disks
  DISK_NOT_FOUND: [
    'Het schijfbestand bestaat niet',
    'Zet het bestand terug of laat de schijf weg uit de beveiliging.',
  ],
  DISK_LOCKED: [
    'Een ander programma houdt het schijfbestand vast',
    'Sluit het programma dat het bestand gebruikt; er wordt vanzelf opnieuw geprobeerd.',
  ],
  DISK_ACCESS_DENIED: [
    'Het schijfbestand mag niet worden gelezen',
    'Geef het account waaronder de engine draait leesrechten op het bestand.',
  ],
  DISK_CHANGING: [
    'Het schijfbestand veranderde te snel om het te kunnen lezen',
    'U hoeft niets te doen: op een rustiger moment wordt het opnieuw gelezen. Een volume dat bestanden kan klonen (XFS, btrfs) voorkomt dit.',
  ],
  DISK_READ_FAILED: [
    'Het schijfbestand kon niet worden gelezen',
    'Controleer het volume met het bestand; er wordt vanzelf opnieuw geprobeerd.',
  ],
  DISK_WRITE_FAILED: [
    'Een schijfbestand kon niet worden geschreven',
    'Controleer het volume met het bestand; er wordt vanzelf opnieuw geprobeerd.',
  ],
  DISK_FORMAT_UNKNOWN: [
    'Het bestand is geen VHD en geen VHDX',
    'Controleer of het bestand een virtuele schijf is.',
  ],
  DISK_CORRUPT: ['De virtuele schijf is beschadigd', 'Repareer of herstel het genoemde schijfbestand.'],
  DISK_TRUNCATED: [
    'Het bestand van de virtuele schijf is korter dan het zelf aangeeft',
    'Herstel het genoemde schijfbestand uit een kopie.',
  ],
  DISK_UNSUPPORTED: [
    'De virtuele schijf vereist een functie die deze versie niet kent',
    'Converteer de schijf of haal het bestand uit de map van de VM.',
  ],
  DISK_TOO_LARGE: [
    'De virtuele schijf is groter dan wordt ondersteund',
    'Laat de schijf weg of kies een andere kluis.',
  ],
  DISK_CHAIN_BROKEN: [
    'De keten van differentiërende schijven is verbroken',
    'Zet het ontbrekende of bijbehorende bovenliggende bestand terug.',
  ],
  DISK_CHAIN_CYCLE: [
    'De keten van differentiërende schijven loopt in een kring',
    'Herstel de verwijzingen naar bovenliggende schijven in de genoemde bestanden.',
  ],
  DISK_OUTSIDE_HOST: [
    'De schijf staat buiten de hostmap',
    'Verplaats de schijf naar de map van de VM, kies een hostmap die beide bevat, of laat de schijf weg.',
  ],
  DISK_CHANGED_GEOMETRY: [
    'De grootte van de schijf is gewijzigd',
    'Synchroniseer opnieuw: de schijf wordt opnieuw gekopieerd, de andere schijven blijven beveiligd.',
  ],
  DISK_REPLACED: [
    'Het schijfbestand is door een andere schijf vervangen',
    'Synchroniseer opnieuw: de schijf wordt met zijn replica vergeleken.',
  ],
  DISK_REVERTED: [
    'De schijf is naar een oudere toestand teruggezet',
    'Synchroniseer opnieuw: de schijf wordt met zijn replica vergeleken.',
  ],
  DISK_TARGET_EXISTS: ['Het doelbestand bestaat al', 'Kies een andere naam of verwijder het bestand eerst.'],
  // host and virtual machines
  HOST_NOT_SET: ['Er is geen host gekozen', 'Kies de map met de VM’s: hvrc host use DIR.'],
  HOST_NOT_FOUND: ['De hostmap is niet bereikbaar', 'Verbind het volume of de share met de VM’s.'],
  VM_NOT_FOUND: ['De virtuele machine staat niet op de host', 'Controleer de naam met hvrc vm list.'],
  VM_AMBIGUOUS: ['Meer dan één virtuele machine heeft die naam', 'Noem de VM bij zijn id.'],
  VM_NO_DISKS: [
    'De virtuele machine heeft geen schijf die kan worden beveiligd',
    'Controleer de map van de VM en de weggelaten schijven.',
  ],
  VM_NOT_FIT_FOR_AZURE: [
    'Azure kan de virtuele machine zo niet overnemen',
    'Bekijk wat elke controle heeft gevonden: hvrc protect VM --vault NAME --check.',
  ],
  VM_ALREADY_PROTECTED: [
    'De virtuele machine is al beveiligd',
    'Schakel eerst de beveiliging uit om een andere kluis te kiezen.',
  ],
  VM_NOT_PROTECTED: [
    'De virtuele machine is niet beveiligd',
    'Beveilig eerst de VM: hvrc protect VM --vault NAME.',
  ],
  DISK_NOT_IN_VM: [
    'De virtuele machine heeft zo’n schijf niet',
    'Controleer de namen van de schijven met hvrc vm show VM.',
  ],
  DISK_NOT_PROTECTED: [
    'Een schijf van de beveiligde VM wordt niet gerepliceerd',
    'Neem haar op met hvrc protection disks VM --include SCHIJF of laat haar weg met --exclude SCHIJF.',
  ],
  DISK_SHARED: [
    'Het schijfbestand hoort bij een andere beveiligde VM',
    'Geef elke VM een eigen schijfbestand of laat de schijf weg.',
  ],
  DISK_IS_OS: [
    'De schijf met het besturingssysteem kan niet worden weggelaten',
    'Laat de schijf met het besturingssysteem in de beveiliging.',
  ],
  STATE_INVALID: ['Dat kan in de huidige toestand niet', 'Kijk met hvrc status VM wat er loopt of wacht.'],
  // replication log and tracking
  HRL_WRITE_FAILED: [
    'Het replicatielogboek kon niet worden geschreven',
    'Controleer het volume naast de schijf en of de engine er mag schrijven; synchroniseer daarna de VM opnieuw.',
  ],
  HRL_READ_FAILED: [
    'Het replicatielogboek kon niet worden gelezen',
    'Controleer het volume naast de schijf; er wordt vanzelf opnieuw geprobeerd.',
  ],
  HRL_CORRUPT: ['Het replicatielogboek is beschadigd', 'Synchroniseer de VM opnieuw.'],
  HRL_MISSING: ['Er ontbreekt een replicatielogboek', 'Synchroniseer de VM opnieuw.'],
  HRL_FOREIGN: [
    'Het replicatielogboek hoort bij een andere schijf',
    'Verwijder het genoemde bestand en synchroniseer daarna opnieuw.',
  ],
  HRL_UNSUPPORTED: ['Het replicatielogboek heeft een nieuwere indeling', 'Werk dit product bij.'],
  HRL_NOT_A_LOG: [
    'Het bestand is geen replicatielogboek',
    'Noem een logboek: het .hrl-bestand naast een beveiligde schijf, of een uit een kluis in een map.',
  ],
  HRL_OUT_OF_SEQUENCE: [
    'Het replicatielogboek sluit niet aan op wat de kluis bevat',
    'Synchroniseer de VM opnieuw.',
  ],
  HRL_THRESHOLD: [
    'Het replicatielogboek heeft 50 % van de schijf bereikt',
    'Synchroniseer de VM opnieuw; een snellere lijn of een kortere onderbreking voorkomt dit.',
  ],
  TRACKING_DAMAGED: [
    'De volggegevens van een schijf zijn beschadigd of ontbreken',
    'Synchroniseer de VM opnieuw.',
  ],
  TRACKING_WRITE_FAILED: [
    'De volggegevens van een schijf konden niet worden geschreven',
    'Controleer het volume met de gegevensmap; er wordt vanzelf opnieuw geprobeerd.',
  ],
  VOLUME_LOW_SPACE: [
    'Een volume heeft weinig ruimte',
    'Maak ruimte vrij op het genoemde volume; er wordt vanzelf opnieuw geprobeerd.',
  ],
  LOW_MEMORY: [
    'De machine heeft weinig geheugen',
    'Sluit andere programma’s; er wordt vanzelf opnieuw geprobeerd.',
  ],
  // vaults and replicas
  VAULT_UNKNOWN: ['Er is geen kluis met die naam', 'Controleer de naam met hvrc vault list.'],
  VAULT_NAME_TAKEN: ['Er is al een kluis met die naam', 'Kies een andere naam.'],
  VAULT_UNREACHABLE: [
    'De kluis is niet bereikbaar',
    'Verbind de share, de schijf of het netwerk; er wordt vanzelf opnieuw geprobeerd.',
  ],
  VAULT_UNTRUSTED: [
    'De kluis kan niet worden vertrouwd',
    'Controleer het adres, de klok van deze machine en of een proxy https openbreekt; geef de engine het certificaat van een eigen certificeringsinstantie in NODE_EXTRA_CA_CERTS.',
  ],
  PROXY_FAILED: [
    'De proxy geeft de weg naar de kluis niet vrij',
    'Controleer de proxy en zijn adres in HTTPS_PROXY; wat zonder proxy moet, hoort in NO_PROXY. Start de engine na een wijziging opnieuw.',
  ],
  PROXY_ACCESS_DENIED: [
    'De proxy weigert de aanmelding',
    'Zet naam en wachtwoord in HTTPS_PROXY (http://NAME:PASSWORD@PROXY:PORT), start de engine opnieuw en hervat de VM.',
  ],
  VAULT_NOT_FOUND: ['De kluis bestaat niet', 'Controleer het account en de naam van de container.'],
  VAULT_ACCESS_DENIED: [
    'De kluis weigert de toegang',
    'Geef het account rechten om in de kluis te lezen, te schrijven en te verwijderen; vernieuw bij een opslagaccount de aanmelding.',
  ],
  SECRET_SEALED: [
    'De aanmelding is door een ander programma of account verzegeld',
    'Open de bureaubladconsole onder het account dat de aanmelding heeft gegeven en repliceer van daaruit, of geef de aanmelding hier opnieuw.',
  ],
  VAULT_PASSPHRASE_NEEDED: ['De kluis is versleuteld', 'Geef de wachtwoordzin van de kluis op.'],
  VAULT_PASSPHRASE_WRONG: [
    'De wachtwoordzin opent de kluis niet',
    'Probeer het opnieuw met de wachtwoordzin die bij het toevoegen van de kluis is opgegeven; er is niets verloren.',
  ],
  VAULT_FOREIGN: [
    'De map bevat andere bestanden en is geen kluis',
    'Kies een lege map of een map die een kluis is.',
  ],
  VAULT_UNSUPPORTED: ['De kluis heeft een nieuwere indeling', 'Werk dit product bij.'],
  VAULT_CORRUPT: [
    'De catalogus van de kluis is beschadigd',
    'Herstel het genoemde bestand of beveilig de VM opnieuw.',
  ],
  VAULT_FULL: [
    'De kluis is vol',
    'Maak ruimte vrij in de kluis of bewaar minder herstelpunten; er wordt vanzelf opnieuw geprobeerd.',
  ],
  VAULT_IN_USE: [
    'Een andere installatie repliceert deze VM naar de kluis',
    'Beëindig de beveiliging in de andere installatie of kies een andere kluis.',
  ],
  VAULT_WRITE_FAILED: [
    'Schrijven naar de kluis is mislukt',
    'Controleer de kluis; er wordt vanzelf opnieuw geprobeerd.',
  ],
  REPLICA_MISSING: [
    'De replica staat niet in de kluis',
    'Synchroniseer de VM opnieuw, dan wordt gekopieerd wat ontbreekt, of zet de replica terug.',
  ],
  REPLICA_INVALID: ['De replica in de kluis is beschadigd of gewijzigd', 'Synchroniseer de VM opnieuw.'],
  POINT_NOT_FOUND: ['Zo’n herstelpunt is er niet', 'Controleer de lijst met hvrc points VM.'],
  RESTORE_TARGET_EXISTS: ['De doelmap bevat al zo’n bestand', 'Kies een lege map.'],
  VERIFY_MISMATCH: ['De kopie verschilt van wat zij moet bevatten', 'Synchroniseer de VM opnieuw.'],
  // alerts
  ALERT_CHANNEL_OFF: ['Het kanaal voor meldingen is niet ingesteld', 'Stel het in onder Meldingen.'],
  ALERT_UNREACHABLE: [
    'De server voor meldingen is niet bereikbaar',
    'Controleer de naam, de poort en het netwerk; het bericht wordt vanzelf opnieuw verstuurd.',
  ],
  ALERT_UNTRUSTED: [
    'De server voor meldingen kan niet worden vertrouwd',
    'Controleer de naam en het certificaat van de server; geef de engine het certificaat van een eigen certificeringsinstantie in NODE_EXTRA_CA_CERTS.',
  ],
  ALERT_REFUSED: [
    'De server heeft de melding geweigerd',
    'Verbeter de aanmelding of de adressen van het kanaal en test het daarna.',
  ],
  // engine
  RESYNC_REQUIRED: [
    'De virtuele machine moet opnieuw worden gesynchroniseerd',
    'Synchroniseer opnieuw: hvrc resync VM.',
  ],
  ENGINE_RUNNING: [
    'Een andere engine gebruikt deze gegevensmap',
    'Gebruik de engine die al draait of stop die eerst.',
  ],
  ENGINE_UNRESPONSIVE: [
    'De engine antwoordt niet',
    'Wacht even en probeer het opnieuw; blijft het zo, beëindig dan het genoemde proces en start de engine opnieuw.',
  ],
  ENGINE_STOPPED: ['De engine is gestopt', 'Start de engine opnieuw; het werk gaat vanzelf verder.'],
  STORE_DAMAGED: [
    'De database van de engine is beschadigd',
    'Bij de volgende start wordt zij vanzelf opzij gezet en opnieuw opgebouwd; wordt dat geweigerd, laat dit account dan bestanden in de gegevensmap hernoemen.',
  ],
  STORE_UNSUPPORTED: ['De database van de engine heeft een nieuwere indeling', 'Werk dit product bij.'],
  STORE_FAILED: [
    'De database van de engine kan niet worden gebruikt',
    'Controleer het volume met de gegevensmap; er wordt vanzelf opnieuw geprobeerd.',
  ],
  DATA_DIRECTORY_UNUSABLE: [
    'De gegevensmap kan niet worden gebruikt',
    'Kies een map waarin dit account mag schrijven: --data DIR.',
  ],
  WORKER_FAILED: [
    'Een werkproces van de engine is onverwacht geëindigd',
    'De volgende poging komt vanzelf; in het logbestand staan de bijzonderheden.',
  ],
  PORT_UNAVAILABLE: [
    'De poort kan niet worden gebruikt',
    'Kies een andere poort met --port, of laat die weg voor een willekeurige vrije poort.',
  ],
  RUNTIME_UNSUPPORTED: [
    'Deze versie van Node.js wordt niet ondersteund',
    'Start met npm, dat de juiste versie meebrengt.',
  ],
  JOB_NOT_FOUND: ['Zo’n taak is er niet', 'Controleer de lijst met hvrc jobs.'],
  INPUT_INVALID: ['Een waarde is ongeldig', 'Verbeter het genoemde veld.'],
  TIMED_OUT: [
    'Het werk stond te lang stil',
    'Controleer of het volume, de share of de kluis antwoordt; er wordt vanzelf opnieuw geprobeerd.',
  ],
  CANCELLED: ['Het werk is geannuleerd', 'Start het opnieuw wanneer u wilt.'],
  UNKNOWN: ['Er is iets onvoorziens gebeurd', 'Zie het logbestand en meld het met een ondersteuningsbundel.'],
};
