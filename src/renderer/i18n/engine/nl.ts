import type { AlertWords, EngineWords, PhraseWords } from '../engine-words.ts';
import { errorsNl } from '../errors/nl.ts';

const phrases: PhraseWords = {
  'Check the prerequisites': 'Voorwaarden controleren',
  'Create the replication relationship': 'Replicatierelatie maken',
  'Start initial replication': 'Eerste replicatie starten',
  'Copy {{disk}}': '{{disk}} kopiëren',
  'Commit the replica': 'Replica vastleggen',
  'Remove temporary files': 'Tijdelijke bestanden verwijderen',
  'Apply the settings of replication': 'Instellingen van de replicatie toepassen',
  'Mark as protected': 'Als beveiligd markeren',
  'Track changes': 'Wijzigingen bijhouden',
  'Send changes': 'Wijzigingen verzenden',
  'Check the disks': 'Schijven controleren',
  'Restart tracking': 'Bijhouden opnieuw beginnen',
  Compare: 'Vergelijken',
  Send: 'Verzenden',
  Apply: 'Toepassen',
  'Verify {{disk}}': '{{disk}} verifiëren',
  'Restore {{disk}}': '{{disk}} herstellen',
  'Delete the replica': 'Replica verwijderen',
  'Remove logs and tracking state': 'Logboeken en volggegevens verwijderen',
  'Change the policy': 'Beleid wijzigen',
  'Tell the vault': 'Kluis op de hoogte brengen',
  'Drop older recovery points': 'Oudere herstelpunten verwijderen',
  'Leave disks out': 'Schijven weglaten',
  'Add disks to the protection': 'Schijven opnemen in de beveiliging',
  'Disk files of its own': 'Eigen schijfbestanden',
  'Exclude {{disk}}, or give {{vm}} a disk file of its own.':
    'Laat {{disk}} weg of geef {{vm}} een eigen schijfbestand.',
  'Leaving out disks of {{vm}}': 'Schijven van {{vm}} weglaten',
  'Nothing was wrong: a disk was included, and copied for the first time.':
    'Er was niets mis: een schijf werd opgenomen en voor het eerst gekopieerd.',
  'Open the vault, or make it': 'Kluis openen of maken',
  'Open the vault': 'Kluis openen',
  'Try the sign-in': 'Aanmelding proberen',
  'Rename the vault': 'Naam van de kluis wijzigen',
  'Forget the vault': 'Kluis vergeten',
  Disks: 'Schijven',
  'Disk files and chains': 'Schijfbestanden en ketens',
  'Disk sizes': 'Grootte van de schijven',
  'Azure: name of the VM': 'Azure: naam van de VM',
  'Azure: operating system disk': 'Azure: schijf met het besturingssysteem',
  'Azure: data disks': 'Azure: gegevensschijven',
  'Azure: sector size': 'Azure: sectorgrootte',
  'Log folder': 'Map voor het logboek',
  'Log space': 'Ruimte voor het logboek',
  Vault: 'Kluis',
  'Vault: reach': 'Kluis: bereiken',
  'Vault: list': 'Kluis: weergeven',
  'Vault: read': 'Kluis: lezen',
  'Vault: write': 'Kluis: schrijven',
  'Vault: rename': 'Kluis: naam wijzigen',
  'Vault: snapshot': 'Kluis: momentopname',
  'Vault: delete': 'Kluis: verwijderen',
  'Vault: space': 'Kluis: ruimte',
  'Vault: space for the replica': 'Kluis: ruimte voor de replica',
  'No other replication': 'Geen andere replicatie',
  'Check the VM folder and the exclusions.': 'Controleer de map van de VM en de weggelaten schijven.',
  'Exclude {{disk}}, or choose another vault.': 'Laat {{disk}} weg of kies een andere kluis.',
  'Rename the VM on its host.': 'Geef de VM op zijn host een andere naam.',
  'Protect the VM with the one disk that it starts from.':
    'Beveilig de VM met de ene schijf waarvan hij opstart.',
  'Shrink {{disk}}, or choose a directory vault.': 'Verklein {{disk}} of kies een kluis in een map.',
  'Check the generation of the VM on its host.': 'Controleer op de host van welke generatie de VM is.',
  'Exclude {{count}} of them, or join disks.': 'Laat er {{count}} weg of voeg schijven samen.',
  'Exclude {{disk}}, or shrink it.': 'Laat {{disk}} weg of verklein de schijf.',
  'Convert {{disk}} to 512-byte sectors (Set-VHD), or exclude it.':
    'Converteer {{disk}} naar sectoren van 512 bytes (Set-VHD) of laat de schijf weg.',
  'Give the account that runs the engine the right to write into that folder.':
    'Geef het account waaronder de engine draait het recht om in die map te schrijven.',
  'Give the disk file a shorter name.': 'Geef het schijfbestand een kortere naam.',
  'Free {{size}} or more on {{volume}}.': 'Maak {{size}} of meer vrij op {{volume}}.',
  'Free {{size}} on {{volume}} to be safe.': 'Maak voor de zekerheid {{size}} vrij op {{volume}}.',
  'Free {{size}} at the vault, exclude a disk, or choose another vault.':
    'Maak {{size}} vrij in de kluis, laat een schijf weg of kies een andere kluis.',
  'Give the account that runs the engine read, write and delete rights in the vault.':
    'Geef het account waaronder de engine draait rechten om in de kluis te lezen, te schrijven en te verwijderen.',
  'End that protection first to change its vault.':
    'Beëindig eerst die beveiliging om een andere kluis te kiezen.',
  'End the protection there, or choose another vault.':
    'Beëindig daar de beveiliging of kies een andere kluis.',
  'End the protection that writes it; when there is none any more, delete {{file}}.':
    'Beëindig de beveiliging die het schrijft; is die er niet meer, verwijder dan {{file}}.',
  '{{step}} Or leave the disk out: clear its box in the console, or --exclude "{{disk}}".':
    '{{step}} Of laat de schijf weg: haal het vinkje weg.',
  'Waits for its turn.': 'Wacht op zijn beurt.',
  'Waits for its time window.': 'Wacht op zijn tijdvenster.',
  'Waits for the start time that was chosen.': 'Wacht op de gekozen begintijd.',
  'Waits for the next attempt: {{why}}': 'Wacht op de volgende poging.',
  'Waits for somebody to act: {{step}}': 'Wacht op iemand: {{step}}',
  'Replication of the VM is paused.': 'De replicatie van de VM is onderbroken.',
  'Goes on when the engine runs.': 'Gaat verder als de engine draait.',
  'the bandwidth limit ({{rate}} until {{time}})': 'wacht op de bandbreedtelimiet ({{rate}} tot {{time}})',
  'the bandwidth limit ({{rate}})': 'wacht op de bandbreedtelimiet ({{rate}})',
  'Initial replication of {{vm}}': 'Eerste replicatie van {{vm}}',
  'Finalizing protection': 'Beveiliging voltooien',
  'Tracking changes of {{vm}}': 'Wijzigingen van {{vm}} bijhouden',
  'Sending changes of {{vm}}': 'Wijzigingen van {{vm}} verzenden',
  'Resynchronizing {{vm}}': '{{vm}} opnieuw synchroniseren',
  'Applying what changed while {{vm}} was compared':
    'Toepassen wat tijdens het vergelijken van {{vm}} is gewijzigd',
  'Giving back the space of the logs': 'Ruimte van de logboeken vrijgeven',
  'Verifying {{vm}}': '{{vm}} verifiëren',
  'Restoring {{vm}}': '{{vm}} herstellen',
  'Dropping recovery points of {{vm}}': 'Herstelpunten van {{vm}} verwijderen',
  Stopping: 'Stoppen',
  'A shorter outage of the vault or a higher bandwidth limit would have prevented it; the warnings at 30 % and 40 % of the disk come in time for that.':
    'Een kortere uitval van de kluis of een hogere bandbreedtelimiet; de waarschuwingen bij 30 % en 40 % van de schijf komen daarvoor op tijd.',
  'A healthy volume beside the disk, on which the engine may write, would have prevented it.':
    'Een gezond volume naast de schijf, waarop de engine mag schrijven.',
  'A healthy volume beside the disk would have prevented it: nothing but the engine may write into its logs.':
    'Een gezond volume naast de schijf: alleen de engine mag in zijn logboeken schrijven.',
  'Leaving the .hrl files beside the disks would have prevented it: exclude them from clean-ups and virus scans.':
    'De .hrl-bestanden naast de schijven laten staan: sluit ze uit van opruimacties en virusscans.',
  'Moving or copying disks without their .hrl files would have prevented it.':
    'Schijven zonder hun .hrl-bestanden verplaatsen of kopiëren.',
  'Leaving the vault and the data directory as they are would have prevented it: neither may be put back to an older state alone.':
    'De kluis en de gegevensmap laten zoals ze zijn: geen van beide mag alleen naar een oudere toestand worden teruggezet.',
  'An intact data directory would have prevented it: leave its tracking folder alone and keep its volume healthy.':
    'Een onbeschadigde gegevensmap: laat de map met volggegevens ongemoeid en houd het volume gezond.',
  'A healthy volume under the data directory would have prevented it.':
    'Een gezond volume onder de gegevensmap.',
  'Nothing prevents it: a disk that is resized is brought to the vault anew.':
    'Niets: een schijf waarvan de grootte wijzigt, wordt opnieuw naar de kluis gebracht.',
  'Keeping the disk file in its place would have prevented it.': 'Het schijfbestand op zijn plaats laten.',
  'Nothing prevents it: a disk that is put back to an older state is compared before replication goes on.':
    'Niets: een schijf die naar een oudere toestand is teruggezet, wordt vergeleken voordat de replicatie verdergaat.',
  'Leaving the replicas at the vault alone would have prevented it.':
    'De replica’s in de kluis ongemoeid laten.',
  'Nothing was wrong: it was asked for.': 'Er was niets mis: er is om gevraagd.',
  'The event list says what came before it.': 'De lijst met gebeurtenissen zegt wat eraan voorafging.',
  read: 'lezen',
  add: 'toevoegen',
  create: 'maken',
  write: 'schrijven',
  delete: 'verwijderen',
  'delete versions': 'versies verwijderen',
  'delete permanently': 'definitief verwijderen',
  list: 'weergeven',
  tags: 'tags',
  'find by tags': 'zoeken op tags',
  move: 'verplaatsen',
  execute: 'uitvoeren',
  immutability: 'onveranderbaarheid',
  'The signature does not allow to {{rights}}.': 'De handtekening staat niet toe: {{rights}}.',
  'Test message': 'Testbericht',
  'This is how alerts of {{host}} will reach you. Nothing has happened.':
    'Zo bereiken meldingen van {{host}} u. Er is niets gebeurd.',
};

const alerts: AlertWords = {
  healthWarning: ['de status is Waarschuwing', 'de status is weer Normaal'],
  healthCritical: ['de status is Kritiek', 'de status is niet meer Kritiek'],
  rpoHalf: ['RPO over de helft van de limiet', 'RPO weer onder de helft van de limiet'],
  rpoLimit: ['RPO over de limiet', 'RPO weer binnen de limiet'],
  log30: ['logboek over 30 % van de schijf', 'logboek weer onder 30 % van de schijf'],
  log40: ['logboek over 40 % van de schijf', 'logboek weer onder 40 % van de schijf'],
  log50: ['logboek over 50 % van de schijf', 'logboek weer onder 50 % van de schijf'],
  volumeLow: ['een volume heeft weinig ruimte', 'een volume heeft weer ruimte'],
  volumeReserve: ['een volume is bijna vol', 'een volume is niet meer bijna vol'],
  signature14Days: [
    'een toegangshandtekening verloopt binnen 14 dagen',
    'een toegangshandtekening is vernieuwd',
  ],
  signature3Days: [
    'een toegangshandtekening verloopt binnen 3 dagen',
    'een toegangshandtekening is vernieuwd',
  ],
  silent: ['al een uur niets gerepliceerd', 'repliceert weer'],
};

/** What the engine says, in Dutch. */
export const engineNl: EngineWords = { errors: errorsNl, phrases, alerts };
