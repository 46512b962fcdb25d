"""What stands beside a value of some meaning, in the languages of invoices, receipts, forms and letters.

Each list goes from the wording that leaves no doubt to the one that is used for other things too.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.ai.local.extracting.page import folded


def _words(text: str) -> tuple[str, ...]:
    """The wordings between the bars, as texts are searched: small letters without accents."""
    return tuple(dict.fromkeys(folded(" ".join(each.split())) for each in text.split("|")))


LABELS: Mapping[str, tuple[str, ...]] = {
    "date": _words("""
        invoice date | date of invoice | billing date | bill date | date of issue | issue date | issued on | issued |
        receipt date | order date | document date | transaction date | purchase date | date of purchase | tax point |
        rechnungsdatum | belegdatum | ausstellungsdatum | bestelldatum | datum der rechnung | date de facture |
        date de la facture | date de facturation | date d'emission | facture du | fecha de factura |
        fecha de la factura | fecha de emision | fecha factura | data fattura | data della fattura |
        data di emissione | data documento | data da fatura | data de emissao | data da factura | factuurdatum |
        fakturadatum | fakturadato | laskun paivays | paivays | data wystawienia | data faktury | datum vystaveni |
        data emiterii | szamla kelte | kiallitas datuma | kelt | fatura tarihi | duzenleme tarihi | дата счета |
        дата | дата виставлення | 発行日 | 請求日 | 开票日期 | 日期 | 발행일 | dated | date | datum | fecha | data |
        dato | tarih | paivamaara | den | le
    """),
    "due_date": _words("""
        payment due date | due date | payment due | due on | due by | pay by | payable by | please pay by |
        payment by | falligkeitsdatum | fallig am | fallig bis | zahlbar bis | zahlungsziel | faellig am |
        zu zahlen bis | date d'echeance | echeance | a payer avant le | a regler avant le | payable avant le |
        date limite de paiement | fecha de vencimiento | vencimiento | vence el | data di scadenza | scadenza |
        entro il | data de vencimento | vencimento | vervaldatum | te betalen voor | uiterste betaaldatum |
        betalen voor | forfallodatum | forfallsdato | forfaldsdato | betalingsfrist | erapaiva | termin platnosci |
        datum splatnosti | splatnost | data scadentei | scadenta | fizetesi hatarido | son odeme tarihi | vade |
        срок оплаты | оплатить до | 支払期限 | お支払期限 | 付款期限 | 납기일 | due
    """),
    "delivery_date": _words("""
        delivery date | date of delivery | date of supply | shipped on | ship date | service date | lieferdatum |
        leistungsdatum | date de livraison | fecha de entrega | data di consegna | leverdatum | leveransdatum |
        data dostawy | data sprzedazy
    """),
    "birth_date": _words("""
        date of birth | born on | born | dob | geburtsdatum | geboren am | date de naissance | ne le |
        fecha de nacimiento | data di nascita | geboortedatum | data urodzenia
    """),
    "total": _words("""
        grand total | total amount due | total due | amount due | balance due | total to pay | amount payable |
        total payable | invoice total | total amount | amount to pay | please pay | total incl. vat | total incl vat |
        total including vat | total inc. vat | total (incl. vat) | total inc vat | total incl. tax | total incl. gst |
        total with tax | gross total | total gross | gross amount | order total | total charged | amount charged |
        amount paid | total paid | you paid | payment amount | gesamtbetrag brutto | rechnungsbetrag | gesamtbetrag |
        zu zahlender betrag | zahlbetrag | endbetrag | bruttobetrag | gesamtsumme | endsumme | rechnungssumme |
        gesamt brutto | summe brutto | zu zahlen | gesamtpreis | brutto gesamt | total ttc | montant ttc |
        net a payer | montant total | total a payer | montant a payer | montant du | importe total | total a pagar |
        total factura | total con iva | importe a pagar | total general | totale fattura | totale da pagare |
        totale documento | importo totale | totale complessivo | netto a pagare | totale ivato | valor total |
        total geral | total com iva | totaal te betalen | te betalen | totaal incl. btw | totaalbedrag |
        totaal inclusief btw | eindtotaal | att betala | summa att betala | totalt att betala | totalbelopp |
        a betale | at betale | belob i alt | totalt inkl. mva | i alt | maksettava | yhteensa maksettava |
        loppusumma | do zaplaty | razem do zaplaty | wartosc brutto | kwota do zaplaty | celkem k uhrade | k uhrade |
        total de plata | fizetendo | fizetendo osszeg | vegosszeg | brutto osszesen | genel toplam | odenecek tutar |
        toplam tutar | итого к оплате | всего к оплате | сумма к оплате | до сплати | ご請求金額 | 請求金額 |
        合計金額 | 总计 | 合计 | 합계 | total ttc eur | total eur | total usd | total chf | total | totale | totaal |
        gesamt | summe | summa | brutto | suma | razem | celkem | yhteensa | toplam | osszesen | totalt | sum |
        итого | всего | 合計 | amount | betrag | montant | importe | importo | valor | bedrag | kwota | сумма | paid
    """),
    "net": _words("""
        subtotal | sub-total | sub total | net total | total net | net amount | amount excl. vat | total excl. vat |
        total before tax | total excl. tax | total ex vat | taxable amount | zwischensumme | nettobetrag |
        netto gesamt | summe netto | gesamt netto | warenwert | total ht | montant ht | sous-total | base imponible |
        subtotal neto | imponibile | totale imponibile | subtotale | totale netto | base tributavel | subtotaal |
        totaal excl. btw | delsumma | netto summa | totalt eks. mva | veroton | wartosc netto | razem netto |
        zaklad dane | netto osszesen | ara toplam | 小計 | netto | net
    """),
    "tax": _words("""
        vat amount | total vat | sales tax | tax amount | total tax | vat total | mehrwertsteuer | umsatzsteuer |
        mwst-betrag | mwst. | mwst | ust. | ust | montant tva | total tva | t.v.a. | tva | cuota iva | importe iva |
        i.v.a. | iva | imposta | totale iva | valor do iva | btw-bedrag | btw | moms | mva | alv | kwota vat |
        podatek vat | dph | afa | kdv | ндс | пдв | 消費税 | gst | vat | tax
    """),
    "shipping": _words("""
        shipping and handling | shipping & handling | shipping cost | shipping | delivery charge | freight | postage |
        versandkosten | versand | porto | frais de port | livraison | gastos de envio | envio | spese di spedizione |
        spedizione | verzendkosten | frakt | koszt wysylki
    """),
    "discount": _words("""
        discount | rabatt | nachlass | skonto | remise | descuento | sconto | desconto | korting | rabat
    """),
    "tip": _words("""
        gratuity | tip | trinkgeld | pourboire | propina | mancia
    """),
    "quantity": _words("""
        quantity | qty | menge | anzahl | quantite | qte | cantidad | cant. | quantita | qta | quantidade | aantal |
        antal | antall | maara | ilosc | mnozstvi | cantitate | mennyiseg | adet | miktar | hours | hrs | stunden |
        数量 | pcs | units
    """),
    "unit_price": _words("""
        unit price | price per unit | price each | einzelpreis | e-preis | preis/einheit | prix unitaire | p.u. |
        pu ht | precio unitario | precio ud. | prezzo unitario | preco unitario | stukprijs | a-pris |
        cena jednostkowa | jednotkova cena | pret unitar | egysegar | birim fiyat | 単価 | hourly rate | rate |
        price | preis | prix | precio | prezzo | preco | prijs | pris | cena | each
    """),
    "line_amount": _words("""
        line total | line amount | item total | amount | total price | total | gesamtpreis | betrag | gesamt |
        montant | total ht | importe | importo | totale | valor | bedrag | totaal | belopp | belob | sum | wartosc |
        kwota | cena celkem | valoare | osszeg | tutar | 金額 | net | netto | price | extended
    """),
    "description": _words("""
        description of goods | item description | description | product | item | article | service | bezeichnung |
        beschreibung | artikel | leistung | position | designation | libelle | prestation | descripcion | concepto |
        producto | articulo | descrizione | prodotto | descricao | produto | omschrijving | beskrivning |
        beskrivelse | benamning | kuvaus | tuote | nazwa | opis | popis | nazev | descriere | denumire | megnevezes |
        aciklama | urun | наименование | 品名 | 項目 | details | activity | task
    """),
    "sku": _words("""
        sku | item no. | item no | item code | item # | product code | part no. | article no. | artikelnr. |
        artikelnummer | art.-nr. | art. nr. | reference | ref. | ref | codigo | codice | code | kod
    """),
    "invoice_number": _words("""
        invoice number | invoice no. | invoice no | invoice nr. | invoice nr | invoice num | invoice # | invoice id |
        inv. no. | inv no | bill number | bill no. | receipt number | receipt no. | receipt no | receipt # |
        document number | document no. | credit note no. | tax invoice no. | rechnungsnummer | rechnungsnr. |
        rechnungsnr | rechnungs-nr. | rechnungs-nr | rechnung nr. | rechnung nr | rechnung no. | re.-nr. | re-nr. |
        belegnummer | beleg-nr. | belegnr. | bon-nr. | rg.-nr. | rg-nr. | numero de facture | n° de facture |
        no de facture | facture n° | facture no | facture numero | facture nº | n° facture | ref. facture |
        numero de factura | n.o de factura | nº de factura | n° de factura | factura n.o | factura nº | factura n° |
        factura no. | factura num. | n.º factura | nº factura | factura numero | num. factura | numero fattura |
        fattura n. | fattura n° | fattura nr. | fattura numero | n. fattura | n° fattura | fatura n.o | fatura nº |
        numero da fatura | n.o da fatura | fatura n. | factuurnummer | factuurnr. | factuur nr. | fakturanummer |
        fakturanr. | fakturanr | faktura nr | faktura nr. | laskun numero | laskunumero | numer faktury | nr faktury |
        faktura c. | cislo faktury | faktura cislo | numar factura | nr. factura | factura nr. | szamlaszam |
        szamla sorszama | fatura no | fatura numarasi | счет № | счет-фактура № | номер счета | 請求書番号 |
        发票号码 | 송장번호 | invoice | rechnung | facture | factura | fattura | fatura | factuur | faktura |
        receipt | szamla
    """),
    "order_number": _words("""
        purchase order number | purchase order no. | purchase order | order number | order no. | order no | order # |
        order id | po number | po no. | p.o. number | p.o. | po # | your order | your reference | your ref |
        bestellnummer | bestell-nr. | bestellnr. | auftragsnummer | auftrags-nr. | auftragsnr. | auftrag nr. |
        ihre bestellung | numero de commande | n° de commande | commande n° | bon de commande | numero de pedido |
        nº de pedido | n° pedido | pedido | numero ordine | ordine n. | n. ordine | numero da encomenda |
        ordernummer | bestelnummer | ordrenummer | ordrenr. | tilausnumero | numer zamowienia | cislo objednavky |
        siparis no | 注文番号 | po | order
    """),
    "customer_number": _words("""
        customer number | customer no. | customer no | customer id | client number | client id | account number |
        account no. | membership number | kundennummer | kunden-nr. | kundennr. | kd.-nr. | kd-nr. | numero client |
        n° client | code client | numero de cliente | nº cliente | codigo cliente | codice cliente | klantnummer |
        kundnummer | kundenummer | kundenr. | asiakasnumero | numer klienta | zakaznicke cislo
    """),
    "vendor": _words("""
        vendor name | supplier name | seller name | vendor | supplier | seller | sold by | billed by | issued by |
        invoice from | bill from | merchant | payee | beneficiary | pay to | payable to | remit to | biller |
        service provider | rechnungssteller | rechnungsaussteller | lieferant | verkaufer | kontoinhaber |
        zahlungsempfanger | anbieter | leistungserbringer | empfanger der zahlung | fournisseur | vendeur | emetteur |
        prestataire | beneficiaire | titulaire du compte | proveedor | vendedor | emisor | beneficiario |
        titular de la cuenta | fornitore | venditore | cedente | intestatario | fornecedor | emitente | leverancier |
        verkoper | leverantor | saljare | leverandor | selger | toimittaja | myyja | sprzedawca | wystawca |
        dodavatel | prodavajici | furnizor | szallito | elado | satici | поставщик | продавец | постачальник |
        販売者 | 发行者 | company name | company | from | von | de la part de | store | shop
    """),
    "customer": _words("""
        bill to | billed to | invoice to | sold to | customer name | client name | customer | client | buyer |
        purchaser | attention | attn | bill-to | prepared for | ship to | deliver to | rechnungsempfanger |
        rechnung an | kunde | auftraggeber | kaufer | kundin | lieferanschrift | rechnungsanschrift | facture a |
        facturer a | acheteur | destinataire | adresse de facturation | livre a | facturar a | cliente | comprador |
        destinatario | datos del cliente | fatturare a | cessionario | spett.le | intestata a | faturar a |
        adquirente | factuur aan | klant | afnemer | kund | koper | asiakas | kjoper | kober | nabywca | odberatel |
        kupujici | cumparator | vevo | alici | musteri | покупатель | заказчик | покупець | 御中 | to | an
    """),
    "email": _words("""
        e-mail address | email address | e-mail | email | mail | correo electronico | courriel | e-post
    """),
    "phone": _words("""
        telephone number | phone number | mobile number | telephone | phone | mobile | cell | tel. | tel |
        telefonnummer | telefon | handy | mobil | fon | telefono | movil | cellulare | telemovel | telefoon |
        puhelin | gsm | telefax
    """),
    "website": _words("""
        website | web site | homepage | internet | web | url | site web | sitio web | sito
    """),
    "iban": _words("""
        iban | account | bankverbindung | konto
    """),
    "bic": _words("""
        bic/swift | swift/bic | swift code | bic code | bic | swift
    """),
    "vat_id": _words("""
        vat registration number | vat reg. no. | vat number | vat no. | vat no | vat id | vat reg no | tax id |
        tax number | ein | ust-idnr. | ust-idnr | ust-id-nr. | ust-id | ust.-id | umsatzsteuer-id | steuernummer |
        n° tva | n° de tva | tva intracommunautaire | numero de tva | nif | cif | nif/cif | partita iva | p. iva |
        p.iva | p.i. | btw-nummer | btw nr. | btw-nr. | momsreg.nr | vat-nr | org.nr | cvr | nip | dic | cui |
        adoszam | vergi no | инн | abn | gstin | uid
    """),
    "currency": _words("""
        currency | wahrung | waehrung | devise | monnaie | moneda | divisa | valuta | moeda | waluta | mena
    """),
    "payment_terms": _words("""
        payment terms | terms of payment | terms | zahlungsbedingungen | zahlungskonditionen |
        conditions de paiement | condiciones de pago | forma de pago | condizioni di pagamento |
        betalingsvoorwaarden | betalningsvillkor
    """),
    "payment_method": _words("""
        payment method | paid by | paid with | method of payment | zahlungsart | zahlungsweise | mode de paiement |
        mode de reglement | metodo de pago | modalita di pagamento | betaalwijze | sposob platnosci
    """),
    "address": _words("""
        address | anschrift | adresse | direccion | indirizzo | morada | adres | adress
    """),
    "person": _words("""
        full name | contact person | contact | ansprechpartner | name | nom | nombre | nome | naam | namn | navn |
        nimi | imie i nazwisko | isim
    """),
}

NOT_BEFORE: Mapping[str, tuple[str, ...]] = {
    "total": _words("""
        sub | sub- | net | netto | zwischen | sous- | vat | tax | tva | iva | mwst | delivery | due | shipping |
        before | discount | unit | line | item
    """),
    "date": _words("""
        due | delivery | payment | order | ship | birth | start | end | expiry | service | vencimiento | echeance |
        fecha de | date d' | date de | data di
    """),
    "tax": _words("""
        p | p. | partita | incl. | incl | including | excl. | excl | inkl. | inkl | inc. | inc | ex | ex. | zzgl. |
        con | com | with | before | exkl. | eks. | plus | ohne
    """),
}
"""Words before a label that make it another one."""

NOT_AFTER: Mapping[str, tuple[str, ...]] = {
    "total": _words("""
        ht | net | netto | vat | tax | tva | excl | exkl | ex | before | hours | items | quantity | imponibile |
        savings | discount | iva | eks | hors | sans | sin iva | weight | pages | paid to date
    """),
    "tax": _words("""
        id | no | nr | number | reg | invoice | point | rate | -id | -nr | intracom | -nummer | date
    """),
    "invoice_number": _words("""
        date | datum | total | to | from | amount | address | an | du | betrag | period | for
    """),
    "order_number": _words("""
        date | total | datum | confirmation date | to
    """),
    "customer": _words("""
        number | no. | no | id | nr | service | support | -nr | nummer | ref | satisfaction
    """),
    "vendor": _words("""
        number | no. | id | nr | code | -nr
    """),
    "net": _words("""
        a payer | a pagare | days | 30 | 14 | 60 | weight
    """),
    "email": _words("""
        to | me | us
    """),
    "phone": _words("""
        bill
    """),
    "date": _words("""
        of birth | of delivery | de livraison | d'echeance | de vencimiento | di scadenza | de naissance | limite
    """),
}
"""Words behind a label that make it another one."""
